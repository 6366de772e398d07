/** States of a resource in which Waldur takes usage. */
export const METERED_STATES = ['OK', 'Updating', 'Terminating'] as const;
