import assert from 'node:assert/strict';
import { invalidField, OperatorError } from '../../src/foundation/operator-error.ts';

describe('OperatorError', () => {
  it('is one line that sends nothing to a terminal, whatever a file or a flag holds', () => {
    const { message } = invalidField('data\nlabel', 'be a name', '\u001b[31mred\r\n\u2028\u0085');
    assert.equal(message, 'data\\x0alabel must be a name, got "\\x1b[31mred\\x0d\\x0a\\x2028\\x85"', 'shown');
    assert.equal(new OperatorError('häßlich 🙂').message, 'häßlich 🙂', 'letters stay letters');
  });
});
