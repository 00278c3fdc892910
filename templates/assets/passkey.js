// Asks the browser for a passkey, or for a new one, and sends its answer with the form.
const form = document.getElementById("passkey");
const octets = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const letters = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const options = JSON.parse(form.dataset.options);
const challenged = options.challenge;
if (options.user) options.user.id = octets(options.user.id);
for (const one of [...(options.allowCredentials ?? []), ...(options.excludeCredentials ?? [])]) one.id = octets(one.id);

// What an approval signs says what is approved: the request, who asks, and the number that was typed.
const challenge = () => {
  if (!form.dataset.signs) return octets(challenged);
  const said = [...JSON.parse(form.dataset.signs), form.elements.number?.value.trim() ?? ""];
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(said)));
};

const ask = async () => {
  options.challenge = await challenge();
  return options.user
    ? navigator.credentials.create({ publicKey: options })
    : navigator.credentials.get({ publicKey: options });
};

const told = ({ id, rawId, type, response }) => {
  const said = { clientDataJSON: letters(response.clientDataJSON) };
  if (options.user) {
    said.attestationObject = letters(response.attestationObject);
  } else {
    said.authenticatorData = letters(response.authenticatorData);
    said.signature = letters(response.signature);
    said.userHandle = response.userHandle ? letters(response.userHandle) : null;
  }
  return JSON.stringify({ id, rawId: letters(rawId), type, response: said, clientExtensionResults: {} });
};

if (window.PublicKeyCredential && navigator.credentials) {
  document.getElementById("unable").hidden = true;
  form.hidden = false;
  const failed = document.getElementById("failed");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    failed.hidden = true;
    try {
      form.elements.answer.value = told(await ask());
      form.submit();
    } catch {
      failed.hidden = false;
      failed.focus();
    }
  });
}
