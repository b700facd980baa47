#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A stock kernel uses NVMe disks, and firmware boots from one."""

import rhea
from guestdisk import SIZE, DiskCase


class Nvme(DiskCase):
    def device(self, *more):
        return '-device', ','.join(('nvme,drive=d,serial=abc',) + more)

    def check(self, form, *more):
        self.write_and_read(form, 'nvme0n1', *self.device(*more))

    def test_raw(self):
        self.check('raw')

    def test_qcow2(self):
        self.check('qcow2')

    def test_4k_blocks_ioeventfd(self):
        self.check('raw', 'logical_block_size=4096', 'ioeventfd=on')

    def test_no_doorbell_buffers(self):
        self.check('qcow2', 'dbcs=off', 'mdts=3', 'max_ioqpairs=1')

    def test_hotplug(self):
        """Behind a port of q35 it comes and goes while the guest runs."""
        self.img('create', '-f', 'raw', self.image, str(SIZE))
        options = ['q35' if o == 'pc' else o for o in rhea.linux()]
        with rhea.Machine(*options, '-device', 'pcie-root-port,id=rp,chassis=1',
                          *self.drive('raw'), qmp=True, timeout=120) as vm:
            vm.wait_for_shell()
            self.comes_and_goes(vm, 'nvme0n1', driver='nvme', serial='x', bus='rp')

    def test_function_level_reset(self):
        """The driver recovers what was under way when somebody resets the function.

        Without doorbell buffers: after a reset Linux 6.1 looks into them before it has told the controller of them, and does
        not ring for requests that it sends between, so they wait for ever, on whatever controller.
        """
        self.img('create', '-f', 'raw', self.image, str(SIZE))
        with rhea.Machine(*rhea.linux(), *self.drive('raw'), *self.device('dbcs=off'), timeout=120) as vm:
            vm.wait_for_shell()
            sysfs = '/sys/class/nvme/nvme0/device'
            self.assertEqual(vm.shell(f'cat {sysfs}/reset_method').split()[0], 'flr')
            vm.shell('dd if=/dev/urandom of=/data bs=1M count=16')
            vm.shell('(while [ ! -e /end ]; do dd if=/data of=/dev/nvme0n1 bs=64k conv=fsync || '
                     'touch /failed; done; touch /ended) 2>/dev/null &')
            for _ in range(5):
                vm.shell(f'echo 1 > {sysfs}/reset')
            vm.shell('touch /end; until [ -e /ended ]; do sleep 0.1; done')
            vm.shell('echo 3 > /proc/sys/vm/drop_caches')
            same = 'dd if=/dev/nvme0n1 bs=1M count=16 2>/dev/null | cmp - /data && echo same'
            self.assertEqual(vm.shell(f'[ ! -e /failed ] && {same}'), 'same')
            vm.type('poweroff -f')
            self.assertEqual(vm.wait_exit(), 0)

    def test_beside_virtio(self):
        """Firmware's drivers for two disks leave the initrd alone, which is at the end of memory, too."""
        self.img('create', '-f', 'raw', self.image, str(SIZE))
        with rhea.Machine(*rhea.linux(run='uname'), *self.drive('raw'), *self.device(), '-blockdev',
                          'null-co,node-name=n,read-zeroes=on', '-device', 'virtio-blk-pci,drive=n',
                          timeout=120) as vm:
            vm.wait_for('init: exit status 0')

    def test_boots(self):
        """Firmware finds the disk, by itself and by its boot index."""
        for more in ((), ('bootindex=0',)):
            self.boots(*self.device(*more))


if __name__ == '__main__':
    rhea.main()
