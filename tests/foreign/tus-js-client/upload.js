// Uploads what the test asks for with tus-js-client, and prints what became of it as JSON.
//
//   node upload.js '{"endpoint", "token", "files": [{"path", "label"?}], "mode"}'
//
// `mode`: "plain", "with-creation" (the first bytes come with the creation), "pieces" (small
// PATCHes), "broken" (stopped half-way and continued by another upload object), "terminate".

import { createReadStream, statSync } from 'node:fs'
import * as tus from 'tus-js-client'

const order = JSON.parse(process.argv[2])

function options(file, more) {
  return {
    endpoint: order.endpoint,
    headers: { Authorization: `Bearer ${order.token}` },
    metadata: file.label === undefined ? {} : { label: file.label },
    uploadSize: statSync(file.path).size,
    retryDelays: [0, 100, 500],
    ...more,
  }
}

function send(file, more, watch = () => {}) {
  return new Promise((resolve, reject) => {
    const upload = new tus.Upload(
      createReadStream(file.path),
      options(file, {
        onError: reject,
        onSuccess: () => resolve(upload.url),
        onChunkComplete: (_size, accepted) => watch(upload, accepted, resolve),
        ...more,
      }),
    )
    upload.start()
  })
}

const KIB = 1024

async function broken(file) {
  // Gives up after the first accepted piece, as a process that was killed would.
  const url = await send(file, { chunkSize: 64 * KIB }, async (upload, accepted, stop) => {
    if (accepted >= 64 * KIB) {
      const reached = upload.url
      await upload.abort()
      stop(reached)
    }
  })
  return send(file, { uploadUrl: url, chunkSize: 256 * KIB })
}

async function terminate(file) {
  const url = await send(file, { chunkSize: 64 * KIB }, async (upload, accepted, stop) => {
    if (accepted >= 64 * KIB) {
      const reached = upload.url
      await upload.abort(true)
      stop(reached)
    }
  })
  return url
}

const ways = {
  plain: (file) => send(file, { chunkSize: 16 * KIB * KIB }),
  'with-creation': (file) => send(file, { chunkSize: 16 * KIB * KIB, uploadDataDuringCreation: true }),
  pieces: (file) => send(file, { chunkSize: 100_000 }),
  broken,
  terminate,
}

// All at once: uploads do not wait for each other.
const urls = await Promise.all(order.files.map((file) => ways[order.mode](file)))
console.log(JSON.stringify(urls))
