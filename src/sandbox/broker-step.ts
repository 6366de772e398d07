/** What the server asks of the broker's management, step by step; a test can make a step fail. */
export type BrokerStep = 'vhost' | 'user' | 'permission' | 'queue';
