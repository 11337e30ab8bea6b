/** What a page keeps in IndexedDB, seen and damaged from outside the package. */

/** Every stored value that holds bytes, as `{ key, bytes }`. */
export async function storedBlobs(page) {
  return page.evaluate(async () => {
    const found = [];
    const asked = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    for (const { name } of await indexedDB.databases()) {
      const db = await asked(indexedDB.open(name));
      for (const store of db.objectStoreNames) {
        const objects = db.transaction(store).objectStore(store);
        const [keys, values] = await Promise.all([asked(objects.getAllKeys()), asked(objects.getAll())]);
        for (const [i, value] of values.entries()) {
          const bytes = value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? value.byteLength : undefined;
          if (bytes !== undefined) found.push({ key: { db: name, store, key: keys[i] }, bytes });
        }
      }
      db.close();
    }
    return found;
  });
}

/** Flips the lowest bit of one stored byte. */
export async function flipStoredByte(page, key, at) {
  await page.evaluate(
    async ({ key: { db: name, store, key }, at }) => {
      const asked = (request) =>
        new Promise((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      const db = await asked(indexedDB.open(name));
      const transaction = db.transaction(store, "readwrite");
      const objects = transaction.objectStore(store);
      const value = await asked(objects.get(key));
      const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      bytes[at] ^= 1;
      // A page that goes before the transaction is complete takes the change with it.
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
        objects.put(value, ...(objects.keyPath === null ? [key] : []));
      });
      db.close();
    },
    { key, at },
  );
}
