import type { IncomingMessage } from "node:http";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";
import { mockService } from "./dev/mock.ts";

/** Serves the API from memory, for looking at pages without the service: `npm run dev:mock`. */
function mock(): Plugin {
  return {
    name: "mock-service",
    configureServer: (server) => void server.middlewares.use(mockService()),
    configurePreviewServer: (server) => void server.middlewares.use(mockService()),
  };
}

const service = process.env["VMM_URL"] ?? "http://127.0.0.1:8080";
const proxy = {
  "/api": service,
  "/logout": service,
  "/login": { target: service, bypass: (request: IncomingMessage) => (request.method === "POST" ? undefined : request.url) },
};

export default defineConfig({
  plugins: [react(), ...(process.env["VMM_MOCK"] ? [mock()] : [])],
  build: { outDir: "dist", emptyOutDir: true, target: "es2022", sourcemap: false },
  server: { host: "127.0.0.1", port: 5173, ...(process.env["VMM_MOCK"] ? {} : { proxy }) },
  preview: { host: "127.0.0.1", port: 4173 },
});
