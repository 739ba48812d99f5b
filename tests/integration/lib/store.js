// What a tenant has on the disk and in the tables.
import {readFile} from 'node:fs/promises';
import {existsSync} from 'node:fs';
import {basename, join} from 'node:path';
import {sha256} from './bytes.js';

export const pathOf = (portal, tenantId, hash) => join(portal.var, 'store', tenantId, hash.slice(0, 2), hash);

// Paths of everything in the tenant's store, unfinished writes included.
export const storeFiles = (portal, tenantId) =>
	existsSync(join(portal.var, 'store', tenantId)) ? portal.files(join('store', tenantId)) : [];

export const spoolFiles = portal => portal.files('store/spool');

// Hashes that rows say are needed, but whose bytes are missing or others. Of one tenant, or of all.
export async function lostBytes(portal, tenantId) {
	const rows = await portal.sql(`SELECT DISTINCT f.tenant_id, encode(f.sha256, 'hex') FROM file f JOIN file_use u USING (tenant_id, sha256)
		${tenantId ? `WHERE f.tenant_id = '${tenantId}'` : ''}`);
	const lost = [];

	for (const [tenant, hash] of rows) {
		const bytes = await readFile(pathOf(portal, tenant, hash)).catch(() => null);

		if (!bytes || sha256(bytes) !== hash)
			lost.push(hash);
	}
	return lost;
}

// Files in the store that no row names. The ones under way (`.new`, `.aside`) count too.
export async function strayFiles(portal, tenantId) {
	const known = new Set((await portal.sql(`SELECT encode(sha256, 'hex') FROM file WHERE tenant_id = '${tenantId}'`)).flat());

	return storeFiles(portal, tenantId).filter(path => !known.has(basename(path)));
}
