/** Checked access to a network's outputs. */
import { PicaividError } from '../base/errors.ts';
import type { Tensor } from './runner.ts';

/** The output of that name as floats, exactly `length` of them when given. Throws `model_failed` otherwise. */
export function floatOutput(
  outputs: Readonly<Record<string, Tensor>>,
  name: string,
  length?: number,
): Float32Array<ArrayBuffer> {
  const tensor = outputs[name];
  if (tensor === undefined || !(tensor.data instanceof Float32Array))
    throw new PicaividError('model_failed', `The network gave no output "${name}": its file is not the expected one.`);
  if (length !== undefined && tensor.data.length !== length)
    throw new PicaividError(
      'model_failed',
      `The network's output "${name}" has ${tensor.data.length} values instead of ${length}: its file is not the expected one.`,
    );
  return tensor.data;
}
