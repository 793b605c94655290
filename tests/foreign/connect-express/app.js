// A migrating cloud app on atlassian-connect-express, without a word about who calls it.
//
// It imports each file as its event comes, and when the file labelled `end` has come reads the
// mappings, leaves feedback, reports progress and settles. `GET /seen` tells a test what it saw.

const express = require("express");
const ac = require("atlassian-connect-express");

const MIGRATION = "/rest/atlassian-connect/1/migration";
const seen = { lifecycle: [], events: [], refused: [], files: {}, answers: {}, problems: [] };

ac.store.register("in-memory", () => {
  const kept = new Map();
  const place = (key, clientKey) => `${clientKey}/${key}`;
  return {
    get: async (key, clientKey) => kept.get(place(key, clientKey)),
    set: async (key, value, clientKey) => kept.set(place(key, clientKey), value) && value,
    del: async (key, clientKey) => kept.delete(place(key, clientKey)),
    saveInstallation: async (settings, clientKey) => {
      kept.set(place("clientInfo", clientKey), settings);
      return settings;
    }
  };
});

const app = express();
app.use(express.json());
const addon = ac(app);
app.use(addon.middleware());

function call(clientKey, method, path, body) {
  const options = { url: `${MIGRATION}/${path}`, json: body === undefined ? true : body };
  return new Promise((resolve, reject) =>
    addon.httpClient({ clientKey })[method](options, (error, response, answer) =>
      error ? reject(error) : resolve({ status: response.statusCode, body: answer })
    )
  );
}

async function get(clientKey, path) {
  const answer = await call(clientKey, "get", path);
  if (answer.status !== 200) {
    throw new Error(`GET ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }
  return answer.body;
}

async function download(clientKey, event) {
  const { url } = await get(clientKey, `data/${event.s3Key}`);
  const answer = await fetch(url);
  seen.files[event.s3Key] = { label: event.label, text: await answer.text() };
}

async function pagesOf(clientKey, path, member) {
  const pages = [];
  let meta = { hasNext: true, lastEntity: null };
  while (meta.hasNext) {
    const after = meta.lastEntity ? `&lastEntity=${encodeURIComponent(meta.lastEntity)}` : "";
    const page = await get(clientKey, path + after);
    pages.push(page[member]);
    meta = page.meta;
  }
  return pages;
}

// The three endpoints only Jira has; the transfer stands in a header.
async function fillJira(clientKey, transferId) {
  const send = (method, path, body) =>
    new Promise((resolve, reject) =>
      addon.httpClient({ clientKey })[method](
        {
          url: `${MIGRATION}/${path}`,
          json: body,
          headers: { "Atlassian-Transfer-Id": transferId }
        },
        (error, response) => (error ? reject(error) : resolve(response.statusCode))
      )
    );
  const value = { _type: "StringIssueField", issueID: 1, fieldID: 10, string: "a note" };
  const workflow = "11111111-0000-4000-8000-000000000001";
  return {
    field: await send("put", "field", { updateValueList: [value] }),
    properties: await send("put", "properties/IssueProperty", [
      { entityId: 1, key: "notes", value: { count: 1 } }
    ]),
    rules: await send("post", "workflow/rule/search", {
      workflowEntityId: workflow,
      ruleIds: [workflow],
      expand: "transition"
    })
  };
}

async function importAll(clientKey, event) {
  const id = event.transferId;
  const to = seen.answers;
  const { namespace, containerType } = JSON.parse(process.env.ASK);
  const page = `mapping/${id}/page?namespace=${encodeURIComponent(namespace)}`;
  to.mappings = await pagesOf(clientKey, `${page}&pageSize=2`, "items");
  to.allMappings = await get(clientKey, `${page}&pageSize=5000`);
  const find = `mapping/${id}/find?namespace=${encodeURIComponent(namespace)}`;
  to.found = await call(clientKey, "post", find, ["k&1", "k 2", "nowhere"]);
  to.containers = await pagesOf(
    clientKey, `container/${id}/page?containerType=${containerType}&pageSize=1`, "containers"
  );
  to.files = await get(clientKey, `data/${id}/all`);
  to.recent = await get(clientKey, "transfer/recent");
  to.endpoints = await get(clientKey, "webhook");
  if (process.env.AC_PRODUCT === "jira") {
    to.jira = await fillJira(clientKey, id);
  }
  to.feedback = await call(clientKey, "post", `feedback/${id}`, { details: { imported: 2 } });
  const progress = (report) => call(clientKey, "post", `progress/${id}`, report);
  to.progress = await progress({ status: "IN_PROGRESS", percent: 50, message: "Half way" });
  to.lower = await progress({ status: "IN_PROGRESS", percent: 10, message: "Going back" });
  to.settled = await progress({ status: "SUCCESS", percent: 100, message: "All notes are here" });
  to.afterwards = {
    progress: await progress({ status: "IN_PROGRESS", percent: 60 }),
    feedback: await call(clientKey, "post", `feedback/${id}`, { details: {} }),
    mappings: await call(clientKey, "get", page),
    data: await call(clientKey, "get", `data/${event.s3Key}`)
  };
}

// The framework itself serves the descriptor and `installed`.
addon.on("host_settings_saved", (clientKey, settings) =>
  seen.lifecycle.push({ event: settings.eventType, settings: { ...settings, sharedSecret: "" } })
);
addon.on("host_settings_not_saved", (clientKey) => seen.problems.push(`not saved: ${clientKey}`));

function lifecycle(event) {
  return (req, res) => {
    seen.lifecycle.push({ event, body: req.body });
    res.sendStatus(204);
  };
}
app.post("/enabled", addon.authenticate(), lifecycle("enabled"));
app.post("/disabled", addon.authenticate(), lifecycle("disabled"));
app.post("/uninstalled", addon.authenticateInstall(), lifecycle("uninstalled"));

app.post("/migration-events", addon.authenticate(), async (req, res) => {
  const event = req.body;
  const { clientKey } = req.context;
  try {
    if (event.eventType === "app-data-uploaded") {
      await download(clientKey, event);
    }
    seen.events.push(event);
    res.sendStatus(200);
    const labels = Object.values(seen.files).map((file) => file.label);
    if (event.eventType === "app-data-uploaded" && labels.includes("end") && labels.length === 2) {
      await importAll(clientKey, event);
    }
  } catch (error) {
    seen.problems.push(String(error.stack || error));
    if (!res.headersSent) {
      res.sendStatus(500);
    }
  }
});

app.get("/seen", (req, res) => res.json(seen));

app.listen(Number(process.env.PORT), "127.0.0.1");
