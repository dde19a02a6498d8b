// Lines on standard input against a JSON Schema with ajv: check.js SCHEMA; or against Elastic's field list: check.js --ecs.
import fs from "node:fs";
import readline from "node:readline";

const MAY_BE_OWN = "sshsniff."; // fields that ECS has no place for
const NUMBERS = ["long", "integer", "short", "byte", "unsigned_long"];
const FITS = {
    keyword: (value) => typeof value === "string",
    constant_keyword: (value) => typeof value === "string",
    wildcard: (value) => typeof value === "string",
    match_only_text: (value) => typeof value === "string",
    date: (value) => !Number.isNaN(Date.parse(value)),
    ip: (value) => typeof value === "string" && /^[0-9a-f:.]+$/.test(value),
    float: (value) => typeof value === "number",
    boolean: (value) => typeof value === "boolean",
};

function* leaves(value, path) {
    for (const [key, inner] of Object.entries(value)) {
        const name = path ? `${path}.${key}` : key;
        if (inner !== null && typeof inner === "object" && !Array.isArray(inner)) yield* leaves(inner, name);
        else yield [name, inner];
    }
}

// What is wrong with one field of a document; null: nothing.
function wrongOf(fields, name, value) {
    if (name.startsWith(MAY_BE_OWN)) return null;
    const field = fields[name];
    if (field === undefined) return "is no field of ECS";
    if (field.normalize.includes("array") !== Array.isArray(value)) return "is, or is not, a list";
    for (const one of [value].flat()) {
        const fits = NUMBERS.includes(field.type) ? Number.isInteger(one) : FITS[field.type] && FITS[field.type](one);
        if (!fits) return `${JSON.stringify(one)} is no ${field.type}`;
        const allowed = (field.allowed_values ?? []).map((row) => row.name);
        if (allowed.length > 0 && !allowed.includes(one)) return `${one} is not among ${allowed}`;
    }
    return null;
}

// event.type must be one that each event.category expects; ECS says so in its table of categories.
function wrongTypes(fields, event) {
    const expected = new Set();
    for (const row of fields["event.category"].allowed_values)
        if (event.category.includes(row.name)) for (const type of row.expected_event_types) expected.add(type);
    const odd = event.type.filter((type) => !expected.has(type));
    return odd.length > 0 ? `event.type ${odd} is none of ${event.category}` : null;
}

async function ecs() {
    const { EcsFlat, EcsVersion } = await import("@elastic/ecs");
    return (document) => {
        if (document.ecs.version !== EcsVersion) return `version ${document.ecs.version} is not ${EcsVersion}`;
        for (const [name, value] of leaves(document, "")) {
            if (value === null || value === "") return `${name} has no value, and should be left out`;
            const wrong = wrongOf(EcsFlat, name, value);
            if (wrong) return `${name} ${wrong}`;
        }
        return wrongTypes(EcsFlat, document.event);
    };
}

async function schema(path) {
    const { default: Ajv } = await import("ajv/dist/2020.js");
    const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strictRequired: false });
    const fits = ajv.compile(JSON.parse(fs.readFileSync(path, "utf8")));
    return (document) => (fits(document) ? null : ajv.errorsText(fits.errors));
}

const wrong = process.argv[2] === "--ecs" ? await ecs() : await schema(process.argv[2]);
let count = 0, failed = 0;
for await (const line of readline.createInterface({ input: process.stdin })) {
    count++;
    const why = wrong(JSON.parse(line));
    if (why && ++failed <= 5) console.log(`line ${count}: ${why.slice(0, 500)}`);
}
console.log(`${count} lines, ${failed} wrong`);
process.exit(failed > 0 || count === 0 ? 1 : 0);
