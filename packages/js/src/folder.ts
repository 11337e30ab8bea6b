/** Folders of files that are kept, where other processes may have them in use. */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Not by the option `recursive`: where a folder that is there says of every new one that it is missing, as `/proc` does,
 * Node asks for the one and the other in turn for ever.
 */
export async function makeFolder(path: string): Promise<void> {
  const make = () => mkdir(path).catch(orIf("EEXIST", undefined));
  const parent = dirname(path);
  if (parent === path) return make();
  const isMade = await make().then(() => true, orIf("ENOENT", false));
  if (isMade) return;
  await makeFolder(parent);
  await make();
}

export function orIfMissing<T>(instead: T): (error: unknown) => T {
  return orIf("ENOENT", instead);
}

export function orIf<T>(code: string, instead: T): (error: unknown) => T {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code === code) return instead;
    throw error;
  };
}
