//! The commands that need the store while the server runs, over a Unix socket.
