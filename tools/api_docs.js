// Makes the page of /api/docs, web/api/index.html, from docs/openapi.yaml: plain HTML, no script.
//   node tools/api_docs.js                writes it; the npm packages of tests/ must be installed
//   const {page} = require('./api_docs.js')
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const YAML = require('../tests/node_modules/yaml');
const {Schemas, code, member} = require('./api_schema.js');
const {escape, inline, markdown} = require('./markdown.js');

const root = path.join(__dirname, '..');
const receiver = 'your URL'; // where webhooks are posted, in place of a path
const problemType = 'application/problem+json';

const lines = (...parts) => parts.flat().filter(Boolean).join('\n');

const page = yaml => new Page(YAML.parse(yaml, {merge: true, maxAliasCount: -1})).html();

class Page {
	constructor(description) {
		this.description = description;
		this.schemas = new Schemas(description);
	}

	html() {
		const sections = this.description.tags.map(tag => this.section(tag));

		return lines(head(this.description), '<div class="frame columns">', '<main id="main">', intro(this.description), sections,
			this.refusals(), this.objects(), '</main>', this.contents(), '</div>', '</body>', '</html>') + '\n';
	}

	// Operations of a tag, webhooks among them: {method, where, operation, shared}.
	operationsOf(tag) {
		const {paths, webhooks} = this.description;
		const all = [...Object.entries(paths), ...Object.values(webhooks).map(item => [receiver, item])];

		return all.flatMap(([where, {parameters: shared = [], ...methods}]) => Object.entries(methods).map(([method, operation]) =>
			({method: method.toUpperCase(), where, operation, shared}))).filter(({operation}) => operation.tags.includes(tag));
	}

	section({name, description}) {
		const operations = this.operationsOf(name).map(one => this.operation(one));

		return lines(`<section id="${name}">`, `<h2>${title(name)}</h2>`, markdown(description), operations, '</section>');
	}

	operation({method, where, operation, shared}) {
		const id = operation.operationId;

		return lines(`<article class="operation" id="${id}">`, `<h3><a href="#${id}">${inline(operation.summary)}</a></h3>`,
			`<p class="route">${badge(method)} <code>${breakable(where)}</code></p>`, markdown(operation.description),
			this.parameters([...shared, ...operation.parameters ?? []]), this.body(operation, method, where),
			this.answers(operation.responses), '</article>');
	}

	parameters(given) {
		const rows = given.map(one => this.schemas.resolved(one)).map(({name, in: place, required, schema, description, example}) =>
			member(name, `${place}, ${this.schemas.type(schema)}`, required, description ?? this.schemas.resolved(schema).description,
				['query', 'header'].includes(place) && example !== schema.default ? example : undefined));

		return rows.length ? lines('<h4>Parameters</h4>', '<dl class="members">', rows, '</dl>') : '';
	}

	body({requestBody}, method, where) {
		if (!requestBody)
			return example('Example', curl(method, where));
		const [[type, content]] = Object.entries(requestBody.content);
		const examples = examplesOf(content).map(([summary, value]) =>
			example(summary, where === receiver ? json(value) : curl(method, where, type, value)));

		return lines(`<h4>Body <span class="quiet">${type}</span></h4>`, markdown(requestBody.description), this.shape(content), examples);
	}

	// What a body or an answer is: a link, or its members.
	shape({schema}) {
		const members = this.schemas.nameOf(schema) ? '' : this.schemas.members(schema);

		return members || `<p class="of">${this.schemas.type(schema)}</p>`;
	}

	answers(responses) {
		const rows = Object.entries(responses).map(([status, given]) => this.answer(status, given));

		return lines('<h4>Answers</h4>', '<dl class="answers">', rows, '</dl>');
	}

	// Refusals that many operations have are shown once, further down.
	answer(status, given) {
		const good = /^[23]/.test(status);
		const {description, headers = {}, content = {}} = this.schemas.resolved(given);
		const [value] = Object.values(content);
		const shown = value && (good || !given.$ref) ? examplesOf(value).map(([summary, one]) => example(summary, json(one))) : [];

		return lines(`<dt><span class="status${good ? ' good' : ''}">${status === 'default' ? '5xx' : status}</span></dt>`, '<dd>',
			markdown(description), good && value && this.shape(value), good && headerNames(headers), shown, '</dd>');
	}

	// What refusals look like: one of each code.
	refusals() {
		const {responses, schemas} = this.description.components;
		const contents = Object.values(responses).map(({content}) => content[problemType]).filter(Boolean);
		const byCode = new Map(contents.flatMap(examplesOf).map(([, value]) => [value.code, value]));

		return lines('<section id="refusals">', '<h2>Refusals</h2>', '<article>',
			'<p>Every refusal is a <a href="#schema-Problem">Problem</a>, by its code:</p>', markdown(schemas.ProblemCode.description),
			[...byCode].map(([name, value]) => example(code(name), json(value))), '</article>', '</section>');
	}

	objects() {
		const all = Object.entries(this.description.components.schemas).map(([name, schema]) =>
			lines(`<article class="schema" id="schema-${name}">`, `<h3><a href="#schema-${name}">${name}</a></h3>`,
				markdown(schema.description), this.schemas.members(schema) || `<p class="of">${this.schemas.type(schema)}</p>`, '</article>'));

		return lines('<section id="schemas">', '<h2>Objects and values</h2>', '<p>What bodies and answers are made of.</p>', all,
			this.headers(), '</section>');
	}

	headers() {
		const rows = Object.entries(this.description.components.headers).map(([name, {description, schema, example: sample}]) =>
			`<div id="header-${name}">${member(headerName(name), this.schemas.type(schema), false, description, sample)}</div>`);

		return lines('<article id="headers">', '<h3><a href="#headers">Header fields of answers</a></h3>', '<dl class="members">', rows,
			'</dl>', '</article>');
	}

	contents() {
		const groups = this.description.tags.map(({name}) => group(name, title(name), this.operationsOf(name)
			.map(({method, operation}) => [operation.operationId, `${badge(method)} ${inline(operation.summary)}`])));
		const objects = Object.entries(this.description.components.schemas)
			.filter(([, schema]) => this.schemas.membersOf(schema).length).map(([name]) => [`schema-${name}`, name]);

		return lines('<nav id="contents" aria-label="Contents">', '<p class="strong">Contents</p>', groups, group('refusals', 'Refusals', []),
			group('schemas', 'Objects and values', objects), '</nav>');
	}
}

const title = name => name[0].toUpperCase() + name.slice(1);
const badge = method => `<span class="method ${method.toLowerCase()}">${method}</span>`;

// Long paths break after their slashes, not within a word.
const breakable = where => escape(where).replaceAll('/', '/<wbr>');

// FileETag is an ETag, IdempotentReplayed is Idempotent-Replayed.
const headerName = name => name.endsWith('ETag') ? `ETag (${name.slice(0, -4).toLowerCase()})`
    : name.replace(/([a-z])([A-Z])/g, '$1-$2');

function headerNames(headers) {
	const names = Object.entries(headers).map(([name, {$ref: to, description}]) =>
		to ? `<a href="#header-${to.split('/').at(-1)}">${code(name)}</a>` : `${code(name)}: ${inline(description)}`);

	return names.length && `<p class="headers">${names.join('<br>')}</p>`;
}

function group(id, words, items) {
	const list = items.map(([to, html]) => `<li><a href="#${to}">${html}</a></li>`);

	return lines(`<a class="group" href="#${id}">${words}</a>`, list.length && ['<ul>', list, '</ul>'].flat());
}

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
<header class="bar"><div class="frame">
<a class="sender" href="#main">Dokumentportal</a>
<a class="to-contents" href="#contents">Contents</a>
<a href="/api/openapi.yaml">openapi.yaml</a>
</div></header>`;
}

function intro({info, components}) {
	return lines('<section class="intro">', `<h1>${escape(info.title)}</h1>`, `<p class="lead">${inline(info.summary)}</p>`,
		markdown(info.description), '<h2 id="key">The key</h2>', markdown(components.securitySchemes.api_key.description),
		example('Every request', curl('GET', '/api/v1/documents/counts'), true), '</section>');
}

// SUMMARY is HTML.
const example = (summary, text, open = false) => lines(`<details class="example"${open ? ' open' : ''}><summary>${summary}</summary>`,
	`<pre tabindex="0"><code>${escape(text)}</code></pre></details>`);

// [[summary, value]] of a body or an answer.
const examplesOf = ({example: one, examples}) =>
	one !== undefined ? [['Example', one]] : Object.values(examples ?? {}).map(({summary, value}) => [inline(summary), value]);

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

// The parts of a form as curl takes them; files go by their names.
const formWords = value => Object.entries(value).flatMap(([name, part]) =>
	[part].flat().map(one => name === 'metadata' ? `-F ${quoted(`metadata=${json(one)}`)}` : `-F ${name}=@${one}`));

// A request as a command; TYPE and VALUE are the body's.
function curl(method, where, type, value) {
	const implied = type ? 'POST' : 'GET';
	const words = [`curl${method === implied ? '' : ` -X ${method}`} "$base_url${where}"`, '-H "Authorization: Bearer $api_key"'];

	if (type === 'application/json')
		words.push(`-d ${quoted(json(value))}`);
	else if (type)
		words.push(...formWords(value));
	return words.join(' \\\n  ');
}

module.exports = {page};

if (require.main === module)
	fs.writeFileSync(path.join(root, 'web/api/index.html'), page(fs.readFileSync(path.join(root, 'docs/openapi.yaml'), 'utf8')));
