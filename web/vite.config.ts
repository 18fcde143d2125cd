import { existsSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const root = import.meta.dirname;

/** Every folder of this directory that holds an index.html is a page, served at /<folder>/. */
const pages = Object.fromEntries(
  readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !["node_modules", "dist", "public"].includes(entry.name))
    .map((entry) => [entry.name, resolve(root, entry.name, "index.html")])
    .filter(([, html]) => existsSync(html as string)),
) as Record<string, string>;

const service = process.env.ANXIN_SERVICE_URL ?? "http://127.0.0.1:8080";

/** ChatUI's style sheet names fonts on somebody else's server: nothing of our pages is fetched from elsewhere. */
const noForeignFonts = {
  name: "no-foreign-fonts",
  enforce: "pre" as const,
  transform: (code: string, id: string) =>
    id.includes("@chatui/core") && id.endsWith(".css") ? code.replace(/@font-face\{[^}]*https?:[^}]*\}/g, "") : undefined,
};

export default defineConfig({
  root,
  base: "/",
  plugins: [noForeignFonts, react()],
  resolve: {
    // ChatUI's "browser" build is one CommonJS file whose default export arrives nested; its ES build is plain.
    alias: [{ find: /^@chatui\/core$/, replacement: "@chatui/core/es/index.js" }],
  },
  build: {
    outDir: "dist",
    target: "es2022",
    // The pages are served with `script-src 'self'`: nothing may be inlined into the HTML as a script.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1600,
    rollupOptions: { input: pages },
  },
  server: {
    proxy: {
      "/api": { target: service, ws: true },
      "/docs/openapi.json": service,
    },
  },
  test: { environment: "node", include: ["src/**/*.test.{ts,tsx}"] },
});
