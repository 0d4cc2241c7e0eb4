export type { ListQuery, Page } from './domain/paging.ts';
