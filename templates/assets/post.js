// Sends the message on; without script the person presses the button.
document.getElementById("post").submit();
