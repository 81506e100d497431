/** Java's own default, and that of its documentation. */
export const DEFAULT_PASSWORD = 'changeit';
