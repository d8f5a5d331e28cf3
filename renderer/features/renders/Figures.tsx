/** What the validation measured of a take: each value against its limit, passed or not in a word and a sign. */
import type { TakeView } from '../../../main/host/review-contract.ts';
import { Check, CircleX } from '../../ui/icons.ts';
import { cx } from '../../ui/index.ts';
import styles from './Details.module.css';
import { figureName, figureNumber, limitWords } from './words.ts';

export function Figures({ take }: { readonly take: TakeView }) {
  return (
    <section className={styles.section} aria-labelledby="figures-title">
      <h3 id="figures-title">Checks of take {take.number}</h3>
      {take.reasons.length > 0 && (
        <ul className={styles.reasons}>
          {take.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
      {take.figures.length > 0 && (
        <table className={styles.figures}>
          <thead>
            <tr>
              <th scope="col">Measured</th>
              <th scope="col">Value</th>
              <th scope="col">Limit</th>
              <th scope="col">
                <span className="spoken">Result</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {take.figures.map((figure) => (
              <tr key={figure.name}>
                <th scope="row" title={figure.name}>
                  {figureName(figure)}
                </th>
                <td>{figureNumber(figure.value)}</td>
                <td className={styles.limit}>{limitWords(figure)}</td>
                <td className={cx(styles.result, figure.pass ? styles.pass : styles.fail)}>
                  {figure.pass ? <Check size={12} aria-hidden="true" /> : <CircleX size={12} aria-hidden="true" />}
                  {figure.pass ? 'pass' : 'fail'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
