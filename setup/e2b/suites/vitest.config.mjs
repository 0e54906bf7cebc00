// Replaces the configuration of E2B's suites, whose other projects need a browser.
import { existsSync } from 'node:fs'

const setupFiles = ['tests/globalFetchFallback.setup.ts'].filter((file) => existsSync(file))

// These answer their requests themselves, and expect E2B's own addresses.
const mocked = ['abortSignal', 'egressProxy', 'iam', 'lifecycleRequest', 'networkTransform'].map((name) => `tests/sandbox/${name}.test.ts`)

const project = (settings) => ({ test: { testTimeout: 120_000, hookTimeout: 120_000, setupFiles, ...settings } })

export default {
  test: {
    projects: [
      project({ name: 'served', include: ['tests/**/*.test.ts'], exclude: ['tests/runtimes/**', ...mocked] }),
      project({ name: 'mocked', include: mocked, env: { E2B_API_URL: '', E2B_SANDBOX_URL: '' } }),
    ],
  },
}
