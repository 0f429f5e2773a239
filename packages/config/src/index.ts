/** @packageDocumentation One TypeBox schema in, typed and frozen settings out. */
export { loadSettings, type Environment } from './load-settings.ts'
export { nearest } from './nearest.ts'
export { setting, type About } from './setting.ts'
export type { Place, Report } from './check-value.ts'
export { defaultsOf, loadSettingsFile, parseSettings, type Check } from './settings-file.ts'
export { settingsTable } from './settings-table.ts'
export { variableName } from './variables.ts'
