# SPDX-License-Identifier: GPL-2.0-or-later
"""What qemu-img does with some images, a row each of CASES."""

import os
import random
import shlex
import shutil
import subprocess

MIB = 1 << 20
CLUSTER = 64 << 10


def text(rand, size):
    """Bytes that compress as ordinary files do: to a third or so."""
    words = [rand.randbytes(rand.randrange(2, 9)) for _ in range(3000)]
    made = bytearray()
    while len(made) < size:
        made += b''.join(rand.choices(words, k=4096))
    return bytes(made[:size])


def write_sources(folder, megabytes):
    """dense.raw has no holes; sparse.raw is 8 times as long, with data in one cluster of 8."""
    rand = random.Random(1)
    pieces = [text(rand, MIB) for _ in range(3)] + [rand.randbytes(MIB)]
    with open(f'{folder}/dense.raw', 'wb') as f:
        for i in range(megabytes):
            f.write(i.to_bytes(8, 'little') + pieces[i % 4][8:])
    with open(f'{folder}/sparse.raw', 'wb') as f:
        for i in range(megabytes * MIB // CLUSTER):
            f.seek(i * CLUSTER * 8)
            f.write(pieces[i % 4][i % 15 * CLUSTER:][:CLUSTER])
        f.truncate(megabytes * MIB * 8)


def run(argv, **more):
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, **more)


def shuffled(io, image, clusters, every):
    """Writes clusters in no order, so that what is neighboured on the disk is not in the file."""
    rand = random.Random(2)
    order = list(range(0, clusters, every))
    rand.shuffle(order)
    lines = ''.join(f'write -q -P {1 + i % 250} {i * CLUSTER} {CLUSTER}\n' for i in order)
    run([io, '-t', 'unsafe', '-f', 'qcow2', image], input=lines, text=True)


def make_images(img, io, folder, megabytes):
    """All that the cases read, once, for whoever is measured."""
    def at(name):
        return f'{folder}/{name}'
    write_sources(folder, megabytes)
    for name in ('dense', 'sparse'):
        run([img, 'convert', '-O', 'qcow2', at(f'{name}.raw'), at(f'{name}.qcow2')])
    for kind in ('zlib', 'zstd'):
        run([img, 'convert', '-c', '-O', 'qcow2', '-o', f'compression_type={kind}', at('dense.raw'),
             at(f'{kind}.qcow2')])
    run([img, 'create', '-f', 'qcow2', at('shuffled.qcow2'), f'{megabytes * 2}M'])
    shuffled(io, at('shuffled.qcow2'), megabytes * 2 * MIB // CLUSTER, 2)
    run([img, 'create', '-f', 'qcow2', '-b', at('dense.qcow2'), '-F', 'qcow2', at('over.qcow2')])
    shuffled(io, at('over.qcow2'), megabytes * MIB // CLUSTER, 5)
    run([img, 'create', '-f', 'qcow2', '-o', 'preallocation=metadata', at('tables.qcow2'), '64G'])


# Of each: its name, what must be a copy before each run, and the command. {d} is the folder, "new"
# is not there before it, {m} is the size in megabytes.
CASES = [
    ('convert raw raw', (), 'convert -O raw {d}/dense.raw {d}/new'),
    ('convert raw qcow2', (), 'convert -O qcow2 {d}/dense.raw {d}/new'),
    ('convert qcow2 raw', (), 'convert -O raw {d}/dense.qcow2 {d}/new'),
    ('convert qcow2 qcow2', (), 'convert -O qcow2 {d}/dense.qcow2 {d}/new'),
    ('convert raw qcow2 -W -m16', (), 'convert -W -m 16 -O qcow2 {d}/dense.raw {d}/new'),
    ('convert sparse raw raw', (), 'convert -O raw {d}/sparse.raw {d}/new'),
    ('convert sparse raw qcow2', (), 'convert -O qcow2 {d}/sparse.raw {d}/new'),
    ('convert sparse qcow2 raw', (), 'convert -O raw {d}/sparse.qcow2 {d}/new'),
    ('convert sparse qcow2 qcow2', (), 'convert -O qcow2 {d}/sparse.qcow2 {d}/new'),
    ('convert shuffled qcow2 raw', (), 'convert -O raw {d}/shuffled.qcow2 {d}/new'),
    ('convert shuffled qcow2 qcow2', (), 'convert -O qcow2 {d}/shuffled.qcow2 {d}/new'),
    ('convert chain qcow2', (), 'convert -O qcow2 {d}/over.qcow2 {d}/new'),
    ('convert raw vmdk', (), 'convert -O vmdk {d}/dense.raw {d}/new'),
    ('convert raw vdi', (), 'convert -O vdi {d}/dense.raw {d}/new'),
    ('convert raw zlib', (), 'convert -c -O qcow2 {d}/dense.raw {d}/new'),
    ('convert raw zstd', (), 'convert -c -O qcow2 -o compression_type=zstd {d}/dense.raw {d}/new'),
    ('convert qcow2 zlib', (), 'convert -c -O qcow2 {d}/shuffled.qcow2 {d}/new'),
    ('convert zlib raw', (), 'convert -O raw {d}/zlib.qcow2 {d}/new'),
    ('convert zstd raw', (), 'convert -O raw {d}/zstd.qcow2 {d}/new'),
    ('convert zlib zstd', (),
     'convert -c -O qcow2 -o compression_type=zstd {d}/zlib.qcow2 {d}/new'),
    ('create', (), 'create -f qcow2 {d}/new 64G'),
    ('create metadata', (), 'create -f qcow2 -o preallocation=metadata {d}/new 64G'),
    ('create falloc', (), 'create -f qcow2 -o preallocation=falloc {d}/new {m}M'),
    ('create full', (), 'create -f qcow2 -o preallocation=full {d}/new {m}M'),
    ('create raw falloc', (), 'create -f raw -o preallocation=falloc {d}/new {m}M'),
    ('create raw full', (), 'create -f raw -o preallocation=full {d}/new {m}M'),
    ('check', (), 'check {d}/dense.qcow2'),
    ('check sparse', (), 'check {d}/sparse.qcow2'),
    ('check shuffled', (), 'check {d}/shuffled.qcow2'),
    ('check zlib', (), 'check {d}/zlib.qcow2'),
    ('check tables', (), 'check {d}/tables.qcow2'),
    ('map raw', (), 'map {d}/sparse.raw'),
    ('map sparse', (), 'map {d}/sparse.qcow2'),
    ('map shuffled', (), 'map {d}/shuffled.qcow2'),
    ('map json shuffled', (), 'map --output=json {d}/shuffled.qcow2'),
    ('map chain', (), 'map --output=json {d}/over.qcow2'),
    ('map tables', (), 'map {d}/tables.qcow2'),
    ('measure raw', (), 'measure -O qcow2 {d}/sparse.raw'),
    ('measure sparse', (), 'measure -O qcow2 {d}/sparse.qcow2'),
    ('measure shuffled', (), 'measure -O raw {d}/shuffled.qcow2'),
    ('measure chain', (), 'measure -O qcow2 {d}/over.qcow2'),
    ('compare raw qcow2', (), 'compare {d}/dense.raw {d}/dense.qcow2'),
    ('compare qcow2 zlib', (), 'compare {d}/dense.qcow2 {d}/zlib.qcow2'),
    ('compare sparse', (), 'compare {d}/sparse.raw {d}/sparse.qcow2'),
    ('commit', ('over', 'dense'), 'commit {d}/copy-over.qcow2'),
    ('commit -d', ('over', 'dense'), 'commit -d {d}/copy-over.qcow2'),
    ('rebase', ('over',), 'rebase -b {d}/shuffled.qcow2 -F qcow2 {d}/copy-over.qcow2'),
    ('rebase to none', ('over',), 'rebase -b "" {d}/copy-over.qcow2'),
    ('rebase to same', ('over',), 'rebase -b {d}/zlib.qcow2 -F qcow2 {d}/copy-over.qcow2'),
    ('rebase -u', ('over',), 'rebase -u -b {d}/dense.raw -F raw {d}/copy-over.qcow2'),
    ('resize', ('shuffled',), 'resize {d}/copy-shuffled.qcow2 +64G'),
    ('resize metadata', ('shuffled',),
     'resize --preallocation=metadata {d}/copy-shuffled.qcow2 +16G'),
    ('resize shrink', ('shuffled',), 'resize --shrink {d}/copy-shuffled.qcow2 64M'),
    ('snapshot', ('shuffled',), 'snapshot -c one {d}/copy-shuffled.qcow2'),
    ('amend', ('shuffled',), 'amend -o lazy_refcounts=on {d}/copy-shuffled.qcow2'),
    ('info', (), 'info {d}/over.qcow2'),
    ('dd', (), 'dd -O qcow2 bs=1M if={d}/dense.raw of={d}/new'),
    ('bench read', (), 'bench -c 60000 -d 32 {d}/dense.qcow2'),
    ('bench read raw', (), 'bench -f raw -c 60000 -d 32 {d}/dense.raw'),
    ('bench read io_uring', (), 'bench -i io_uring -c 60000 -d 32 {d}/dense.qcow2'),
    ('bench read depth 1', (), 'bench -c 20000 -d 1 {d}/dense.qcow2'),
    ('bench read shuffled', (), 'bench -c 16384 -d 32 -S 65536 {d}/shuffled.qcow2'),
    ('bench write', ('dense',), 'bench -w -t unsafe -c 60000 -d 32 {d}/copy-dense.qcow2'),
    ('bench write io_uring', ('dense',),
     'bench -w -i io_uring -c 60000 -d 32 {d}/copy-dense.qcow2'),
    ('bench write new', ('shuffled',),
     'bench -w -c 4000 -d 32 -S 65536 -o 65536 {d}/copy-shuffled.qcow2'),
    ('bench write 64k', ('dense',), 'bench -w -c 4096 -s 65536 -d 32 {d}/copy-dense.qcow2'),
]

# Where the file system can do it: past the host's cache.
DIRECT = [
    ('convert direct raw qcow2', (), 'convert -t none -T none -O qcow2 {d}/dense.raw {d}/new'),
    ('convert direct qcow2 raw', (), 'convert -t none -T none -O raw {d}/dense.qcow2 {d}/new'),
    ('bench direct read', (), 'bench -t none -c 20000 -d 32 {d}/dense.qcow2'),
    ('bench direct read native', (), 'bench -t none -i native -c 20000 -d 32 {d}/dense.qcow2'),
    ('bench direct read io_uring', (), 'bench -t none -i io_uring -c 20000 -d 32 {d}/dense.qcow2'),
    ('bench direct write native', ('dense',),
     'bench -w -t none -i native -c 20000 -d 32 {d}/copy-dense.qcow2'),
]


def prepare(folder, copies):
    """A copy of an image has the copies of those below it below, if there are any."""
    for name in ('new', 'copy-over.qcow2', 'copy-dense.qcow2', 'copy-shuffled.qcow2'):
        try:
            os.unlink(f'{folder}/{name}')
        except FileNotFoundError:
            pass
    for name in copies:
        shutil.copyfile(f'{folder}/{name}.qcow2', f'{folder}/copy-{name}.qcow2')


def settle(img, folder, copies):
    """Commit writes to the file below, so that is a copy, too."""
    if 'over' in copies and 'dense' in copies:
        run([img, 'rebase', '-u', '-b', f'{folder}/copy-dense.qcow2', '-F', 'qcow2',
             f'{folder}/copy-over.qcow2'])


def command(img, words, folder, megabytes):
    return [img, *shlex.split(words.format(d=folder, m=megabytes))]
