// A short message centre (npm smpp) for the tests: node smsc.mjs SETUP.json
//
// SETUP: port, node_modules, control (a file), system_id, password, and for TLS key and certificate (files).
// The file `control` says what becomes of the next message: "ok", "throttled", "full", "refused" (the number), "broken" (ESME_RSYSERR),
// "silent", "close", "garbage", "huge", "unbind", or "mistaken" (the answer to another kind of request).
// What comes is told on its output, a line each: {"bind": {...}}, {"submit": {...}}, {"unbind": true}, {"closed": true}.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const setup = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const smpp = createRequire(import.meta.url)(`${setup.node_modules}/smpp`);

const tell = (what) => console.log(JSON.stringify(what));
const said = () => readFileSync(setup.control, 'utf8').trim();
const tls = setup.key ? { key: readFileSync(setup.key), cert: readFileSync(setup.certificate) } : {};
let count = 0;

const submitted = (session, pdu) => {
  const { message, udh } = pdu.short_message;
  const { source_addr, source_addr_ton, source_addr_npi, dest_addr_ton, dest_addr_npi, destination_addr, data_coding, esm_class, validity_period } = pdu;
  tell({
    submit: {
      source_addr, source_addr_ton, source_addr_npi, dest_addr_ton, dest_addr_npi, destination_addr, data_coding, esm_class, message,
      validity: validity_period || null,
      udh: udh ? udh.map((one) => [...one]) : null,
    },
  });
  const answer = (more) => session.send(pdu.response(more));
  switch (said()) {
    case 'throttled': return answer({ command_status: smpp.ESME_RTHROTTLED });
    case 'full': return answer({ command_status: smpp.ESME_RMSGQFUL });
    case 'refused': return answer({ command_status: smpp.ESME_RINVDSTADR });
    case 'broken': return answer({ command_status: smpp.ESME_RSYSERR });
    case 'silent': return undefined;
    case 'close': return session.destroy();
    case 'garbage': return session.socket.write(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
    case 'huge': return session.socket.write(Buffer.from([0x7f, 0xff, 0xff, 0xff, 0x80, 0, 0, 4]));
    case 'unbind': return session.unbind();
    case 'mistaken': return session.send(new smpp.PDU('bind_transmitter_resp', { sequence_number: pdu.sequence_number }));
    default: return answer({ message_id: `m${++count}` });
  }
};

const server = smpp.createServer(tls, (session) => {
  session.on('error', (error) => tell({ error: String(error) }));
  session.on('close', () => tell({ closed: true }));
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => {
    tell({ unbind: true });
    session.send(pdu.response(), undefined, () => session.close());
  });
  session.on('bind_transmitter', (pdu) => {
    const { system_id, system_type, interface_version } = pdu;
    const isRight = system_id === setup.system_id && pdu.password === setup.password;
    tell({ bind: { system_id, system_type, interface_version, is_right: isRight } });
    if (!isRight) {
      session.send(pdu.response({ command_status: smpp.ESME_RBINDFAIL }));
      return;
    }
    session.on('submit_sm', (message) => submitted(session, message));
    session.send(pdu.response({ system_id: 'smsc' }));
  });
});
server.on('error', (error) => tell({ error: String(error) }));
server.listen(setup.port, '127.0.0.1', () => tell({ ready: true }));
process.stdin.on('end', () => process.exit(0)).resume();
