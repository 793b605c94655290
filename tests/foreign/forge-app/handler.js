/**
 * The migration handler of a Forge app, as its vendor would write it: it knows Forge's packages and
 * nothing of who serves them.
 */
import {migration} from '@forge/migrations';
import {gunzipSync} from 'node:zlib';

const UPLOADED = 'avi:ecosystem.migration:uploaded:app_data';
const BATCH = 100;

/** What was imported, by server id; importing twice changes nothing. */
export const notes = new Map();
export const found = {containers: [], files: [], mappings: [], one: null, foreign: 0, failures: 0};

const batchesOf = (all) =>
  Array.from({length: Math.ceil(all.length / BATCH)}, (_, n) => all.slice(n * BATCH, (n + 1) * BATCH));

async function resolve(transferId, namespace, ids) {
  const answers = await Promise.all(
    batchesOf([...new Set(ids)]).map((batch) => migration.getMappingById(transferId, namespace, batch)),
  );
  return Object.assign({}, ...answers.map((answer) => answer.result));
}

async function everything(query) {
  const all = [];
  let cursor;
  do {
    const page = await (cursor ? query().limit(2).cursor(cursor) : query().limit(2)).getMany();
    all.push(...page.results);
    cursor = page.nextCursor;
  } while (cursor);
  return all;
}

async function importNotes({transferId, key}) {
  const packed = await (await migration.getAppDataPayload(key)).arrayBuffer();
  const lines = gunzipSync(Buffer.from(packed)).toString('utf8').split('\n').filter(Boolean);
  const read = lines.map((line) => JSON.parse(line));
  const [pages, people] = await Promise.all([
    resolve(transferId, 'confluence:page', read.map((note) => note.page)),
    resolve(transferId, 'identity:user', read.map((note) => `confluence.userkey/${note.author}`)),
  ]);
  let missing = 0;
  for (const note of read) {
    if (!pages[note.page]) missing += 1;
    else notes.set(note.id, {page: pages[note.page], author: people[`confluence.userkey/${note.author}`] ?? null});
  }
  await migration.addLog(transferId, `imported ${read.length - missing} notes, ${missing} without a page`);
}

export async function handler(event, context) {
  const {eventType, transferId, messageId, label} = event;
  if (eventType === 'avi:ecosystem.migration:completed:export_phase') {
    found.containers = await everything(() => migration.getContainers(transferId, 'ConfluenceSpace'));
    found.mappings = await everything(() => migration.getMappings(transferId, 'confluence:space'));
    found.one = await migration.getMappings(transferId, 'confluence:space').getOne();
    found.files = [...(await migration.getAppDataList(transferId)).result];
  }
  if (eventType !== UPLOADED) return;
  if (!context.installContext) throw new Error('there is no context');
  if (label === 'broken') return migration.messageFailed(transferId, messageId);
  if (label !== 'notes') {
    found.foreign += 1;
    return migration.messageProcessed(transferId, messageId);
  }
  // The first chunk fails once, as a busy database would make it: thrown, not acknowledged.
  if (found.failures === 0) {
    found.failures += 1;
    throw new Error('the database is busy');
  }
  await importNotes(event);
  await migration.messageProcessed(transferId, messageId);
}
