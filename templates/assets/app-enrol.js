// A phone whose authenticator verifies nobody is told so, and what else there is.
const lock = async () => {
  try {
    return await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable();
  } catch {
    return false;
  }
};

lock().then((there) => {
  if (there) return;
  for (const id of ["unable", "passkey"]) document.getElementById(id).hidden = true;
  document.getElementById("no-lock").hidden = false;
});
