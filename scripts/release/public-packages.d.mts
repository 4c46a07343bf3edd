export interface PublicManifest {
  name: string
  version: string
}
export function readManifest(folder: string): PublicManifest
export function publicPackages(root?: string): { folder: string; manifest: PublicManifest }[]
