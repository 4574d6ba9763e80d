import type { BuildOptions } from 'esbuild'

export declare const shipped: BuildOptions
export declare const runnable: BuildOptions
export declare const plain: BuildOptions
