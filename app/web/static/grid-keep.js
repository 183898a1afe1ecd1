/* What the phone keeps, in IndexedDB: `outbox` (what has not been sent, by id) and `kept` (what the
   service answered last, and the draft). The page and its service worker both use this file. */
"use strict";
const BASE = "yiguan-grid";

let opened = null;

function opening() {
  opened ??= new Promise((done, failed) => {
    const asked = indexedDB.open(BASE, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("outbox", { keyPath: "id" });
      asked.result.createObjectStore("kept");
    };
    asked.onsuccess = () => {
      asked.result.onversionchange = () => asked.result.close();
      asked.result.onclose = () => { opened = null; };
      done(asked.result);
    };
    asked.onerror = () => { opened = null; failed(asked.error); };
  });
  return opened;
}

/* Runs `work` in one transaction; gives what its request found, once all of it is on the disk. */
async function within(stores, mode, work) {
  const base = await opening();
  return new Promise((done, failed) => {
    const doing = base.transaction(stores, mode);
    let asked = null;
    doing.oncomplete = () => done(asked?.result);
    doing.onerror = doing.onabort = () => failed(doing.error);
    asked = work(doing) ?? null;
  });
}

const keep = {
  get: (name) => within("kept", "readonly", (doing) => doing.objectStore("kept").get(name)),
  put: (name, value) => within("kept", "readwrite", (doing) => void doing.objectStore("kept").put(value, name)),
  drop: (name) => within("kept", "readwrite", (doing) => void doing.objectStore("kept").delete(name)),
  names: () => within("kept", "readonly", (doing) => doing.objectStore("kept").getAllKeys()),
  /* Everything but what is still to be sent. */
  forget: () => within("kept", "readwrite", (doing) => void doing.objectStore("kept").clear()),
  clear: () => within(["kept", "outbox"], "readwrite", (doing) => {
    doing.objectStore("kept").clear();
    doing.objectStore("outbox").clear();
  }),
};

const outbox = {
  /* In the order they were written. */
  all: async () => (await within("outbox", "readonly", (doing) => doing.objectStore("outbox").getAll())).sort((a, b) => a.made - b.made),
  get: (id) => within("outbox", "readonly", (doing) => doing.objectStore("outbox").get(id)),
  put: (item) => within("outbox", "readwrite", (doing) => void doing.objectStore("outbox").put(item)),
  /* Changes what is still there: what was deleted meanwhile stays deleted. */
  change: (id, change) => within("outbox", "readwrite", (doing) => {
    const store = doing.objectStore("outbox");
    const asked = store.get(id);
    asked.onsuccess = () => { if (asked.result) store.put({ ...asked.result, ...change }); };
  }),
  /* Takes one out; `follow` gives what becomes of those that were to come after it. */
  drop: (id, follow) => within("outbox", "readwrite", (doing) => {
    const store = doing.objectStore("outbox");
    store.delete(id);
    const asked = store.getAll();
    asked.onsuccess = () => {
      for (const item of asked.result) if (item.after === id) store.put({ ...item, after: null, ...follow });
    };
  }),
};
