// docs/openapi.yaml, as tests ask it: its operations, and whether an answer is what it says.
import {readFileSync} from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import {parse} from 'yaml';

export const file = new URL('../../../docs/openapi.yaml', import.meta.url);
export const description = parse(readFileSync(file, 'utf8'), {merge: true, maxAliasCount: -1});

const ajv = new Ajv({strict: false, allErrors: true});

addFormats(ajv);
ajv.addFormat('binary', true);
ajv.addSchema(description, 'openapi.yaml');

const escaped = name => name.replaceAll('~', '~0').replaceAll('/', '~1');

// A place in the file: its JSON pointer and what stands there, behind any $ref.
export function place(pointer) {
	const value = pointer.split('/').slice(1).reduce((at, name) => at?.[name.replaceAll('~1', '/').replaceAll('~0', '~')], description);

	return value?.$ref && Object.keys(value).length === 1 ? place(value.$ref.slice(1)) : {pointer, value};
}

export const child = ({pointer}, ...names) => place([pointer, ...names.map(escaped)].join('/'));

// Every operation: {id, method, path, at, parameters, body}; `body` is {type, schema, examples} or undefined.
export const operations = Object.entries(description.paths).flatMap(([path, item]) =>
	Object.keys(item).filter(method => method !== 'parameters').map(method => operationAt(path, method)));

function operationAt(path, method) {
	const at = place(`/paths/${escaped(path)}/${method}`);
	const parametersOf = (owner, pointer) => (owner.parameters ?? []).map((_, i) => place(`${pointer}/parameters/${i}`));
	const content = at.value.requestBody?.content;
	const type = content && Object.keys(content)[0];

	return {
		id: at.value.operationId, method: method.toUpperCase(), path, at,
		parameters: [...parametersOf(description.paths[path], `/paths/${escaped(path)}`), ...parametersOf(at.value, at.pointer)],
		body: content && {type, schema: child(at, 'requestBody', 'content', type, 'schema'), examples: examplesOf(content[type])},
	};
}

// {name: value} of the examples of a body or an answer.
export function examplesOf({example, examples}) {
	if (example !== undefined)
		return {example};
	return Object.fromEntries(Object.entries(examples ?? {}).map(([name, {value}]) => [name, value]));
}

export const operation = id => operations.find(one => one.id === id);

// What is wrong with VALUE by the schema at this place: [] when it is right.
export function faults(schema, value) {
	const validate = ajv.compile({$ref: `openapi.yaml#${schema.pointer}`});

	return validate(value) ? [] : validate.errors.map(error => `${error.instancePath}: ${error.message}`);
}

// Pointers of members of VALUE that the schema does not name. Where an answer says more, the file must as well.
export function unnamed(schema, value, pointer = '') {
	if (Array.isArray(value))
		return itemsOf(schema).flatMap(items => value.flatMap((item, i) => unnamed(items, item, `${pointer}/${i}`)));
	if (!value || typeof value !== 'object')
		return [];
	const members = membersOf(schema);

	if (!members.size) // free: events' data
		return [];
	return Object.entries(value).flatMap(([name, member]) => members.has(name)
		? members.get(name).flatMap(one => unnamed(one, member, `${pointer}/${name}`)) : [`${pointer}/${name}`]);
}

const branches = schema => ['allOf', 'oneOf', 'anyOf'].flatMap(kind =>
	(schema.value[kind] ?? []).map((_, i) => child(schema, kind, String(i))));

const itemsOf = schema => [...(schema.value.items ? [child(schema, 'items')] : []), ...branches(schema).flatMap(itemsOf)];

// The members that a schema names, by name; what `oneOf` and the like name counts.
export function membersOf(schema) {
	const members = new Map(Object.keys(schema.value.properties ?? {}).map(name => [name, [child(schema, 'properties', name)]]));

	for (const branch of branches(schema))
		for (const [name, places] of membersOf(branch))
			members.set(name, [...(members.get(name) ?? []), ...places]);
	return members;
}

// What is wrong with an answer of this operation: status, headers, body.
export function answerFaults({at}, {status, headers, body}) {
	const response = child(at, 'responses', at.value.responses[status] ? String(status) : 'default');
	const type = headers.get('content-type')?.split(';')[0];
	const content = response.value.content?.[type];
	const wrong = Object.keys(response.value.headers ?? {}).flatMap(name => headerFaults(child(response, 'headers', name), name, headers));

	if (!at.value.responses[status] && status < 500)
		return [`${status} is not among its answers`];
	if (!content)
		return response.value.content || body.length ? [...wrong, `${type} is not among its types`] : wrong;
	if (!/\bjson\b/.test(type))
		return wrong;
	const schema = child(response, 'content', type, 'schema');

	return [...wrong, ...faults(schema, body), ...unnamed(schema, body).map(name => `${name} is not named in the file`)];
}

function headerFaults(header, name, headers) {
	const optional = ['Idempotent-Replayed', 'Location', 'Retry-After'].includes(name);
	const text = headers.get(name);

	if (text === null)
		return optional ? [] : [`${name} is missing`];
	return faults(child(header, 'schema'), header.value.schema.type === 'integer' ? Number(text) : text);
}
