import { dirname } from "node:path";

// Packages are installed in the folder above, which lies in another package's: without these lines Next takes that one for its root.
const root = dirname(import.meta.dirname);
export default { outputFileTracingRoot: root, turbopack: { root }, assetPrefix: process.env.ASSETS || undefined };
