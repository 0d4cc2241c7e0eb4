import type { ModuleId, Version } from './request.ts';

/** `…/ocpi/versions`: what peers are given to start from. */
export function versionsUrl(baseUrl: string): string {
  return `${baseUrl}/ocpi/versions`;
}

/** Version details. The role in the path keeps a later EMSP or hub role apart. */
export function detailsUrl(baseUrl: string, version: Version): string {
  return `${baseUrl}${versionPath(version)}`;
}

export function moduleUrl(baseUrl: string, version: Version, module: ModuleId): string {
  return `${baseUrl}${versionPath(version)}/${module}`;
}

export function versionPath(version: Version): string {
  return `/ocpi/cpo/${version}`;
}

/** The base that peers are told, from a configured URL: with or without `/ocpi` or `/ocpi/versions` at its end. */
export function baseOfPublicUrl(publicUrl: string): string {
  return publicUrl.replace(/\/+$/, '').replace(/\/ocpi(\/versions)?$/, '');
}

/** The base as the peer called us; `fallback` is the host where the Host header is absent or no host. */
export function baseOfHost(scheme: 'http' | 'https', host: string | undefined, fallback: string): string {
  const good = host !== undefined && /^[A-Za-z0-9._\-[\]:]{1,255}$/.test(host);
  return `${scheme}://${good ? host : fallback}`;
}
