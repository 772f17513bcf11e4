import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { kindOf } from '../../src/files/file-kind.ts';

const CASES: readonly (readonly [Uint8Array | string, RegExp | undefined])[] = [
  ['', /^empty$/],
  ['<!DOCTYPE html>\n<html>', /HTML page/],
  ['\ufeff\n  <html><body>403', /HTML page/],
  ['<?xml version="1.0"?><Error><Code>NoSuchKey</Code>', /XML/],
  ['version https://git-lfs.github.com/spec/v1\noid sha256:0\n', /Git LFS pointer/],
  [gzipSync('text'), /gzip/],
  [Uint8Array.of(0x80, 4, 0x95, 1, 0, 0, 0), /pickle/],
  [Buffer.from('PK\x03\x04', 'latin1'), /zip archive/],
  [Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), /HDF5/],
  [Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), /PNG/],
  [Uint8Array.of(0xff, 0xd8, 0xff, 0xe0), /JPEG/],
  [Uint8Array.of(0xff, 0xfe, 0x61, 0), /UTF-16/],
  [Buffer.concat([Buffer.alloc(257), Buffer.from('ustar')]), /tar archive/],
  ['{"a": 1}', /JSON/],
  [new Uint8Array(64), /zero bytes/],
  ['1,2,3\n', undefined],
  ['+1 3:1 11:1\n', undefined],
  [Uint8Array.of(0, 0, 8, 3), undefined],
];

describe('kindOf', () => {
  for (const [bytes, expected] of CASES) {
    const head = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    it(`tells ${JSON.stringify(Buffer.from(head).toString('latin1').slice(0, 24))}`, () => {
      if (expected === undefined) assert.equal(kindOf(head), undefined, 'nothing known');
      else assert.match(kindOf(head) ?? 'nothing', expected, 'its kind');
    });
  }
});
