// Fills in a prompt of a bundle: node load.mjs prompts.json NAME variable=value...
//
//     llmops prompt export --label production --out prompts.json
//     npm install minijinja-js      (the template engine that llmops evaluates with)
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { Environment } = createRequire(import.meta.url)("minijinja-js");
const engine = new Environment();
engine.undefinedBehavior = "strict";

/** The messages of a prompt, ready for a model's API. Braces in values are data. */
export function messages(bundle, name, values) {
  const prompt = bundle.prompts[name];
  const defaults = prompt.variables.filter((v) => v.default !== null).map((v) => [v.name, v.default]);
  const all = { ...Object.fromEntries(defaults), ...values };
  return prompt.messages.map(({ role, template }) => ({ role, content: engine.renderStr(template, all).trim() }));
}

const [file, name, ...given] = process.argv.slice(2);
const values = Object.fromEntries(given.map((text) => [text.split("=", 1)[0], text.slice(text.indexOf("=") + 1)]));
console.log(JSON.stringify(messages(JSON.parse(readFileSync(file, "utf8")), name, values)));
