/** What a wrapper needs of a loaded network, whichever thread runs it. Pure. */
export type TensorData = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>;

export interface Tensor {
  readonly dims: readonly number[];
  readonly data: TensorData;
}

/** A tensor that the network takes or gives; symbolic dimensions are names. */
export interface TensorInfo {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

export interface NetworkRunner {
  info(
    signal?: AbortSignal,
  ): Promise<{ readonly inputs: readonly TensorInfo[]; readonly outputs: readonly TensorInfo[] }>;
  /**
   * Runs the network once. Inputs are moved to the session's thread: their arrays are empty afterwards.
   * Errors: `model_failed`, `cancelled`.
   */
  run(inputs: Readonly<Record<string, Tensor>>, signal?: AbortSignal): Promise<Readonly<Record<string, Tensor>>>;
}
