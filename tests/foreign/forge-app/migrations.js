/**
 * The documented interface of `@forge/migrations`, whose package npm does not hand out. Its requests
 * are made by `@forge/api`, as that package's are.
 */
import api from '@forge/api';

const BASE = '/app/migration/forge/v1';

export class MigrationAPIError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function request(path, init = {}) {
  const headers = {Accept: '*/*', 'Content-Type': 'application/json'};
  const answer = await api.__requestAtlassianAsApp(BASE + path, {...init, headers});
  if (!answer.ok) throw new MigrationAPIError(answer.status, await answer.text());
  return answer;
}

const post = (path, body) => request(path, {method: 'POST', body: JSON.stringify(body)});

class QueryBuilder {
  constructor(fetchPage) {
    this.fetchPage = fetchPage;
    this.query = {};
  }

  limit(limit) {
    this.query.pageSize = String(limit);
    return this;
  }

  cursor(cursor) {
    this.query.lastEntity = cursor;
    return this;
  }

  async getMany() {
    return this.fetchPage(new URLSearchParams(this.query));
  }

  async getOne() {
    return (await this.limit(1).getMany()).results[0];
  }
}

const paged = (path, name, value, resultsOf) =>
  new QueryBuilder(async (query) => {
    query.set(name, value);
    const page = await (await request(`${path}?${query}`)).json();
    return {results: resultsOf(page), ...(page.meta.hasNext ? {nextCursor: page.meta.lastEntity} : {})};
  });

export const migration = {
  async getMappingById(transferId, namespace, keys) {
    const query = new URLSearchParams({namespace});
    return {result: await (await post(`/mapping/${transferId}/find?${query}`, keys)).json()};
  },
  getMappings: (transferId, namespace) =>
    paged(`/mapping/${transferId}/page`, 'namespace', namespace, (page) =>
      Object.entries(page.items).map(([key, value]) => ({key, value})),
    ),
  getContainers: (transferId, containerType) =>
    paged(`/container/${transferId}/page`, 'containerType', containerType, (page) =>
      page.containers.map((container) => ({key: container.sourceId, value: container})),
    ),
  async getAppDataList(transferId) {
    return {result: new Set(await (await request(`/data/${transferId}/all`)).json())};
  },
  getAppDataPayload: (key) => request(`/data/${key}/payload`),
  async messageProcessed(transferId, messageId) {
    await post(`/message/${transferId}/status`, {status: 'SUCCESS', messageIds: [messageId]});
  },
  async messageFailed(transferId, messageId) {
    await post(`/message/${transferId}/status`, {status: 'FAILED', messageIds: [messageId]});
  },
  async addLog(transferId, message) {
    await post(`/log/${transferId}`, {message});
  },
};
