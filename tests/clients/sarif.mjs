// Holds a SARIF log (standard input) to the official schema, which @microsoft/jest-sarif carries, by the validator ajv. The first argument is the
// folder of packages. Prints what is wrong, one line each, and nothing if nothing is.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.argv[2]}/`);
const Ajv = require("ajv");
const schema = require("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");
const ajv = new Ajv({ allErrors: true, unknownFormats: "ignore", schemaId: "auto", meta: false });
for (const draft of ["draft-04", "draft-07"]) {
  ajv.addMetaSchema(require(`ajv/lib/refs/json-schema-${draft}.json`));
}
const validate = ajv.compile(schema);
if (!validate(JSON.parse(readFileSync(0, "utf8")))) {
  for (const error of validate.errors) console.log(`${error.dataPath}: ${error.message} ${JSON.stringify(error.params)}`);
}
