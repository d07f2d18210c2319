import { defineConfig } from 'vitest/config';

export default defineConfig({
  define: { IS_INLINE: 'false' },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  test: { environment: 'happy-dom', include: ['tests/**/*.test.{ts,tsx}'], testTimeout: 60_000, setupFiles: ['tests/loaded.ts'] },
});
