// Makes the page of /api/docs, web/api/index.html, from docs/openapi.yaml: plain HTML, no script.
//   node tools/api_docs.js                writes it; the npm packages of tests/ must be installed
//   const {page} = require('./api_docs.js')
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const YAML = require('../tests/node_modules/yaml');
const {escape, inline, markdown} = require('./markdown.js');

const root = path.join(__dirname, '..');

function page(yaml) {
	const description = YAML.parse(yaml, {merge: true, maxAliasCount: -1});
	const {resolved, nameOf} = references(description);
	const {typeText, members, membersOf} = schemas(resolved, nameOf);

	return [head(description), '<div class="frame columns">', '<main id="main">', intro(description), ...description.tags.map(section),
		refusals(), schemaSections(), '</main>', contents(), '</div>', '</body>', '</html>', ''].join('\n');

	// Operations of a tag, webhooks among them: {method, path, operation, shared}.
	function operationsOf(tag) {
		const all = [...Object.entries(description.paths), ...Object.entries(description.webhooks).map(([, item]) => ['your URL', item])];

		return all.flatMap(([where, item]) => Object.entries(item).filter(([method]) => method !== 'parameters')
			.map(([method, operation]) => ({method: method.toUpperCase(), where, operation, shared: item.parameters ?? []})))
			.filter(({operation}) => operation.tags.includes(tag));
	}

	function section({name, description: words}) {
		return `<section id="${name}">\n<h2>${title(name)}</h2>\n${markdown(words)}\n${operationsOf(name).map(operationSection).join('\n')}\n</section>`;
	}

	function operationSection({method, where, operation, shared}) {
		const parameters = [...shared, ...operation.parameters ?? []].map(resolved);

		return [`<article class="operation" id="${operation.operationId}">`, `<h3><a href="#${operation.operationId}">${inline(operation.summary)}</a></h3>`,
			`<p class="route"><span class="method ${method.toLowerCase()}">${method}</span> <code>${breakable(where)}</code></p>`,
			markdown(operation.description), parameterList(parameters), body(operation, method, where),
			answers(operation.responses), '</article>'].filter(Boolean).join('\n');
	}

	function parameterList(parameters) {
		if (!parameters.length)
			return '';
		const rows = parameters.map(({name, in: place, required, schema, description: words, example}) =>
			member(name, `${place}, ${typeText(schema)}`, required, words ?? resolved(schema).description, ['query', 'header'].includes(place) && example !== schema.default ? example : undefined));

		return `<h4>Parameters</h4>\n<dl class="members">\n${rows.join('\n')}\n</dl>`;
	}

	function body({requestBody}, method, where) {
		const request = where === 'your URL' ? '' : example('Example', curl(method, where));

		if (!requestBody)
			return request;
		const [[type, content]] = Object.entries(requestBody.content);
		const examples = examplesOf(content).map(([summary, value]) =>
			example(summary, where === 'your URL' ? json(value) : curl(method, where, type, value)));
		const link = nameOf(content.schema) ? `<p class="of">${typeText(content.schema)}</p>` : members(content.schema);

		return `<h4>Body <span class="quiet">${type}</span></h4>\n${markdown(requestBody.description)}\n${link}\n${examples.join('\n')}`;
	}

	function answers(responses) {
		const rows = Object.entries(responses).map(([status, given]) => {
			const response = resolved(given);
			const [[type, content] = []] = Object.entries(response.content ?? {});
			const headers = Object.entries(response.headers ?? {}).map(([name, header]) => header.$ref
				? `<a href="#${headerId(header)}"><code>${name}</code></a>` : `<code>${name}</code>: ${inline(header.description ?? '')}`);
			const shape = content && (nameOf(content.schema) ? `<p class="of">${typeText(content.schema)}</p>` : members(content.schema) || `<p class="of">${type}</p>`);
			const good = /^[23]/.test(status);

			return [`<dt><span class="status${good ? ' good' : ''}">${status === 'default' ? '5xx' : status}</span></dt>`, '<dd>', markdown(response.description),
				good && shape, good && headers.length && `<p class="headers">${headers.join('<br>')}</p>`,
				...(content && (good || !given.$ref) ? examplesAsJson(content) : []), '</dd>'].filter(Boolean).join('\n');
		});

		return `<h4>Answers</h4>\n<dl class="answers">\n${rows.join('\n')}\n</dl>`;
	}

	// What refusals look like, once for all operations.
	function refusals() {
		const examples = Object.values(description.components.responses).filter(({content}) => content['application/problem+json'])
			.flatMap(({content}) => examplesOf(content['application/problem+json'])).filter(([, {code}], i, all) => all.findIndex(([, other]) => other.code === code) === i);
		const codes = description.components.schemas.ProblemCode.description;

		return `<section id="refusals">\n<h2>Refusals</h2>\n<article>\n<p>Every refusal is a <a href="#schema-Problem">Problem</a>, by its code:</p>\n${markdown(codes)}\n${
			examples.map(([, value]) => example(`<code>${value.code}</code>`, json(value))).join('\n')}\n</article>\n</section>`;
	}

	function schemaSections() {
		const sections = Object.entries(description.components.schemas).map(([name, schema]) => {
			const list = members(schema);

			return `<article class="schema" id="schema-${name}">\n<h3><a href="#schema-${name}">${name}</a></h3>\n${markdown(schema.description)}\n${
				list || `<p class="of">${typeText(schema)}</p>`}\n</article>`;
		});

		return `<section id="schemas">\n<h2>Objects and values</h2>\n<p>What bodies and answers are made of.</p>\n${sections.join('\n')}\n${headerSection()}\n</section>`;
	}

	function headerSection() {
		const rows = Object.entries(description.components.headers).map(([name, {description: words, schema, example: sample}]) =>
			`<div id="header-${name}">${member(headerName(name), typeText(schema), false, words, sample)}</div>`);

		return `<article id="headers">\n<h3><a href="#headers">Header fields of answers</a></h3>\n<dl class="members">\n${rows.join('\n')}\n</dl>\n</article>`;
	}

	function contents() {
		const groups = description.tags.map(({name}) => group(name, title(name), operationsOf(name).map(({method, operation}) =>
			[operation.operationId, `<span class="method ${method.toLowerCase()}">${method}</span> ${inline(operation.summary)}`])));
		const problems = group('refusals', 'Refusals', []);
		const objects = group('schemas', 'Objects and values', Object.keys(description.components.schemas)
			.filter(name => membersOf(description.components.schemas[name]).length).map(name => [`schema-${name}`, name]));

		return `<nav id="contents" aria-label="Contents">\n<p class="strong">Contents</p>\n${[...groups, problems, objects].join('\n')}\n</nav>`;
	}
}

const headerId = header => header.$ref.replace('#/components/headers/', 'header-');

// FileETag is an ETag, IdempotentReplayed is Idempotent-Replayed.
const headerName = name => name.endsWith('ETag') ? `ETag (${name.slice(0, -4).toLowerCase()})` : name.replace(/([a-z])([A-Z])/g, '$1-$2');

const group = (id, words, items) => `<a class="group" href="#${id}">${words}</a>${
	items.length ? `\n<ul>${items.map(([to, html]) => `<li><a href="#${to}">${html}</a></li>`).join('\n')}</ul>` : ''}`;

const title = name => name[0].toUpperCase() + name.slice(1);

// Long paths break after their slashes, not within a word.
const breakable = where => escape(where).replaceAll('/', '/<wbr>');

function head({info}) {
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(info.title)}</title>
<link rel="icon" href="/static/favicon.svg">
<link rel="stylesheet" href="/static/portal.css">
<link rel="stylesheet" href="/static/api.css">
</head>
<body class="api">
<!-- Made by tools/api_docs.js from docs/openapi.yaml. -->
<a class="skip" href="#main">To the content</a>
<header class="bar"><div class="frame"><a class="sender" href="#main">Dokumentportal</a><a class="to-contents" href="#contents">Contents</a>
<a href="/api/openapi.yaml">openapi.yaml</a></div></header>`;
}

function intro({info, components}) {
	const key = components.securitySchemes.api_key.description;

	return `<section class="intro">\n<h1>${escape(info.title)}</h1>\n<p class="lead">${inline(info.summary)}</p>\n${markdown(info.description)}
<h2 id="key">The key</h2>\n${markdown(key)}\n${example('Every request', curl('GET', '/api/v1/documents/counts'), true)}\n</section>`;
}

// SUMMARY is HTML.
const example = (summary, text, open = false) =>
	`<details class="example"${open ? ' open' : ''}><summary>${summary}</summary>\n<pre tabindex="0"><code>${escape(text)}</code></pre></details>`;

// [[summary, value]] of a body or an answer.
const examplesOf = ({example: one, examples}) =>
	one !== undefined ? [['Example', one]] : Object.values(examples ?? {}).map(({summary, value}) => [inline(summary), value]);

const examplesAsJson = content => examplesOf(content).map(([summary, value]) => example(summary, json(value)));

// JSON with what is short on one line.
function json(value, indent = '') {
	const flat = JSON.stringify(value, null, 1).replace(/\n\s*/g, ' ').replace(/([[{]) /g, '$1').replace(/ ([\]}])/g, '$1');

	if (typeof value !== 'object' || value === null || (indent && flat.length + indent.length <= 96))
		return flat;
	const inner = `${indent}  `;
	const items = Array.isArray(value) ? value.map(item => json(item, inner))
		: Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${json(item, inner)}`);
	const [open, close] = Array.isArray(value) ? '[]' : '{}';

	return items.length ? `${open}\n${items.map(item => inner + item).join(',\n')}\n${indent}${close}` : open + close;
}

const quoted = text => `'${text.replaceAll("'", "'\\''")}'`;

function curl(method, where, type, value) {
	const words = [`curl${['GET', 'POST'].includes(method) ? '' : ` -X ${method}`} "$base_url${where}"`, '-H "Authorization: Bearer $api_key"'];

	if (type === 'application/json')
		words.push(`-d ${quoted(json(value))}`);
	else if (type)
		words.push(...Object.entries(value).flatMap(([name, part]) =>
			[part].flat().map(one => name === 'metadata' ? `-F ${quoted(`metadata=${json(one)}`)}` : `-F ${name}=@${one}`)));
	else if (method === 'POST')
		words[0] = words[0].replace('curl', 'curl -X POST');
	return words.join(' \\\n  ');
}

function references(description) {
	const find = pointer => pointer.slice(2).split('/').reduce((at, name) => at[name.replaceAll('~1', '/').replaceAll('~0', '~')], description);
	const resolved = value => value?.$ref ? resolved(find(value.$ref)) : value;
	const nameOf = schema => schema?.$ref?.match(/^#\/components\/schemas\/(\w+)$/)?.[1];

	return {resolved, nameOf};
}

const member = (name, type, required, words, sample) =>
	`<dt><code>${name}</code> <span class="type">${type}</span>${required ? ' <span class="flag">needed</span>' : ''}</dt>\n<dd>${markdown(words)}${
		sample === undefined ? '' : `<p class="sample">such as <code>${escape(sample)}</code></p>`}</dd>`;

function schemas(resolved, nameOf) {
	// Values have no page of their own worth a jump: their type is told where they stand.
	const isObject = schema => membersOf(resolved(schema)).length > 0;

	// [[name, schema, required]] of an object, from all its parts.
	function membersOf(schema) {
		const own = Object.entries(schema.properties ?? {}).map(([name, value]) => [name, value, schema.required?.includes(name)]);

		return [...own, ...(schema.allOf ?? []).flatMap(part => membersOf(resolved(part)))];
	}

	function members(schema) {
		const rows = membersOf(resolved(schema)).map(([name, value, required]) => {
			const inner = inside(value);

			return member(name, typeText(value), required, value.description ?? wordsOf(value)).replace(/<\/dd>$/, inner ? `\n${inner}</dd>` : '</dd>');
		});

		return rows.length ? `<dl class="members">\n${rows.join('\n')}\n</dl>` : '';
	}

	// Members of objects without a name of their own, also in lists and beside null.
	function inside(schema) {
		if (schema.$ref)
			return '';
		const below = schema.items ?? schema.oneOf?.[0];

		return schema.properties ? members(schema) : below ? inside(below) : '';
	}

	const wordsOf = schema => schema.$ref && !isObject(schema) ? resolved(schema).description : undefined;

	function typeText(schema) {
		if (nameOf(schema) && isObject(schema))
			return `<a href="#schema-${nameOf(schema)}">${nameOf(schema)}</a>`;
		if (schema.$ref)
			return schema.$ref.endsWith('EventType') ? '<a href="#schema-EventType">EventType</a>' : typeText(resolved(schema));
		const parts = schema.oneOf ?? schema.anyOf ?? (schema.properties ? undefined : schema.allOf);

		if (parts)
			return parts.map(typeText).join(' or ');
		const types = [schema.type ?? []].flat();
		const texts = types.filter(type => type !== 'null').map(type => oneType(type, schema));

		if (schema.const !== undefined)
			texts.splice(0, 1, `<code>${escape(schema.const)}</code>`);
		if (types.includes('null'))
			texts.push('null');
		const text = texts.join(' or ');

		return schema.default === undefined ? text : `${text}; default <code>${escape(JSON.stringify(schema.default).replaceAll('"', ''))}</code>`;
	}

	function oneType(type, schema) {
		const {minimum, maximum, maxItems, minItems, uniqueItems, format, pattern} = schema;

		if (schema.enum)
			return schema.enum.filter(word => word !== null).map(word => `<code>${escape(word)}</code>`).join(', ');
		switch (type) {
		case 'string':
			return textType(schema, format, pattern);
		case 'integer':
			return maximum === undefined ? `whole number${minimum === undefined ? '' : ` from ${minimum}`}` : `${minimum} to ${maximum}`;
		case 'boolean':
			return '<code>true</code>, <code>false</code>';
		case 'array':
			return `list of ${schema.items ? typeText(schema.items) : 'anything'}${maxItems ? `, ${minItems ? `${minItems} to` : 'at most'} ${maxItems}` : ''}${
				uniqueItems ? ', none twice' : ''}`;
		default:
			return 'object';
		}
	}

	function textType({minLength, maxLength}, format, pattern) {
		const names = {uuid: 'UUID', 'date-time': 'time', email: 'e-mail address', uri: 'URL', 'uri-reference': 'path', binary: 'file'};
		const length = !maxLength ? '' : `, ${minLength ? `${minLength} to ${maxLength}` : `at most ${maxLength}`} characters`;

		return `${names[format] ?? 'text'}${length}${pattern && pattern.length < 40 ? ` matching <code>${escape(pattern)}</code>` : ''}`;
	}

	return {typeText, members, membersOf};
}

module.exports = {page};

if (require.main === module)
	fs.writeFileSync(path.join(root, 'web/api/index.html'), page(fs.readFileSync(path.join(root, 'docs/openapi.yaml'), 'utf8')));
