import { resolve } from "node:path";
import { defineConfig } from "vite";

/** The loader other people's pages embed: one classic script, no imports, a stable name. */
export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  build: {
    outDir: "dist",
    emptyOutDir: false,
    target: "es2020",
    lib: {
      entry: resolve(import.meta.dirname, "src/loader/index.ts"),
      name: "AnxinLoader",
      formats: ["iife"],
      fileName: () => "widget.js",
    },
  },
});
