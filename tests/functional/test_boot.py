#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Firmware and stock Debian kernels boot, on all the CPUs that they are given."""

import subprocess
import tempfile
import unittest
from pathlib import Path

import rhea


class Boot(unittest.TestCase):
    def check_kernel(self, *options, cpus=1, arch='amd64', machine='pc', **more):
        """Boots into a command and out of it."""
        with rhea.Machine(*rhea.linux(arch=arch, cpus=cpus, machine=machine, run='echo sum=$((40+2)); nproc'),
                          *options, **more) as vm:
            vm.wait_for('sum=42\n')
            vm.wait_for(f'{cpus}\n')
            vm.wait_for('init: exit status 0')
            self.assertEqual(vm.wait_exit(), 0)
            self.assertEqual(vm.complained, '')

    def test_poweroff_without_acpi(self):
        """Nothing tells such a guest how: it halts, and the machine stays."""
        with rhea.Machine(*rhea.linux(append='acpi=off'), qmp=True) as vm:
            vm.wait_for_shell()
            vm.send('poweroff -f\n')
            vm.wait_for('System halted')
            self.assertEqual(vm.qmp('query-status')['status'], 'running')

    def test_firmware(self):
        """SeaBIOS to the end of its list of boot devices, through its debug port."""
        with rhea.Machine('-machine', 'pc', '-m', '64', '-chardev', 'stdio,id=dbg',
                          '-device', 'isa-debugcon,iobase=0x402,chardev=dbg',
                          serial=False) as vm:
            vm.wait_for('SeaBIOS (version')
            vm.wait_for('No bootable device')

    def test_one_cpu(self):
        self.check_kernel()

    def test_two_cpus(self):
        self.check_kernel(cpus=2)

    def test_four_cpus(self):
        self.check_kernel(cpus=4)

    def test_q35(self):
        self.check_kernel(cpus=2, machine='q35')
        self.check_kernel(arch='i386', machine='q35')

    def test_qemu64(self):
        self.check_kernel('-cpu', 'qemu64')

    def test_max(self):
        self.check_kernel('-cpu', 'max')

    def test_named_model(self):
        self.check_kernel('-cpu', 'Nehalem')

    def test_interpreter(self):
        self.check_kernel(accel='tcg,jit=off')

    def test_window(self):
        """Every process has its memory mapped as soon as it runs, and loses it to the next."""
        probe = subprocess.run([rhea.EMULATOR, '-accel', 'tcg,window=on', '-S', '-display', 'none',
                                '-monitor', 'stdio'], input=b'info jit\nquit\n', capture_output=True,
                               timeout=60 * rhea.SCALE, check=False)
        if b"'window' of accelerator tcg cannot be 'on'" in probe.stderr:
            self.skipTest('this host, or a sanitizer, leaves no room for a window')
        self.assertIn(b'window: granted 0 times', probe.stdout)
        for cpus in 1, 2, 4:
            self.check_kernel('-cpu', 'max', cpus=cpus, accel='tcg,window=on')

    def test_device_tree(self):
        """A kernel that is so large that it unpacks itself over its own end finds what -dtb gives."""
        with tempfile.TemporaryDirectory(prefix='rhea-') as folder:
            tree, kernel = Path(folder) / 'tree', Path(folder) / 'kernel'
            rhea.run('-machine', f'microvm,dumpdtb={tree}', '-display', 'none', '-accel', 'tcg')
            options = rhea.linux(append='nokaslr')
            at = options.index('-kernel') + 1
            image = Path(options[at]).read_bytes()
            kernel.write_bytes(image + bytes(max(0, (17 << 20) - len(image))))
            options[at] = str(kernel)
            with rhea.Machine(*options, '-dtb', str(tree)) as vm:
                vm.wait_for_shell()
                text = vm.shell('od -An -tx1 -v /sys/kernel/boot_params/setup_data/0/data')
                self.assertEqual(bytes.fromhex(''.join(text.split())), tree.read_bytes())

    def test_32_bit_kernel(self):
        self.check_kernel(arch='i386')

    def test_shell(self):
        """A prompt, typing, and the guest's own power switch."""
        with rhea.Machine(*rhea.linux()) as vm:
            vm.wait_for_shell()
            self.assertEqual(vm.shell('echo $((6*7))'), '42')
            self.assertEqual(vm.shell('cat /sys/class/dmi/id/sys_vendor'), 'QEMU')
            vm.type('poweroff -f')
            self.assertEqual(vm.wait_exit(), 0)

    def test_run_from_a_pipe(self):
        """What "make run" does: what is typed before there is a prompt reaches the shell."""
        script = rhea.ROOT / 'scripts/guest/run'
        for end in (b'\npoweroff -f\n', b''):
            with self.subTest(end):
                done = subprocess.run([script, rhea.EMULATOR, rhea.guest_folder('amd64')],
                                      input=b'echo sum=$((40+2))' + end, capture_output=True,
                                      timeout=60 * rhea.SCALE, check=False)
                self.assertEqual(done.returncode, 0)
                self.assertIn(b'sum=42', done.stdout)

    def test_typed_early(self):
        """Once the kernel has the serial port, it keeps what is typed before the shell asks."""
        with rhea.Machine(*rhea.linux()) as vm:
            vm.wait_for('init: Linux')
            vm.type('echo sum=$((40+2))')
            vm.wait_for('sum=42')

    def test_reboot(self):
        """-no-reboot ends the process; without it the guest starts again."""
        with rhea.Machine(*rhea.linux(), qmp=True) as vm:
            vm.wait_for_shell()
            vm.type('reboot -f')
            self.assertEqual(vm.wait_exit(), 0)
        options = [o for o in rhea.linux() if o != '-no-reboot']
        with rhea.Machine(*options, qmp=True) as vm:
            vm.wait_for_shell()
            vm.type('reboot -f')
            vm.wait_event('RESET')
            vm.wait_for_shell()

    def test_stop_and_cont(self):
        with rhea.Machine(*rhea.linux(), qmp=True) as vm:
            vm.wait_for_shell()
            vm.qmp('stop')
            vm.wait_event('STOP')
            self.assertEqual(vm.qmp('query-status')['status'], 'paused')
            vm.type('echo $((6*7))')
            vm.qmp('cont')
            vm.wait_event('RESUME')
            vm.wait_for('\n42\n')


if __name__ == '__main__':
    rhea.main()
