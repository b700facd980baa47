#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Mistakes on the command line: one message of at most three lines that names the
option and the value, status 1, and nothing left behind. Help: status 0.
"""

import os
import re
import socket
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

import rhea

BASE = ['-display', 'none', '-nodefaults', '-accel', 'tcg']

NULL_NODE = ['-blockdev', 'null-co,node-name=n']

# Options, and what the message must have in it besides.
MISTAKES = {
    'NVMe without its number': (['-device', 'nvme'], ['serial', 'serial=disk1']),
    'SCSI disk without a disk': (['-device', 'virtio-scsi-pci', '-device', 'scsi-hd'], ['drive', '-blockdev']),
    'SCSI disk without a controller': (['-device', 'scsi-hd'], ['scsi-hd', '-device virtio-scsi-pci ']),
    'port without its other end': (['-device', 'isa-parallel'], ['chardev=', '-chardev']),
    'network device': (['-device', 'virtio-net-pci,netdev=n'], ['virtio-net-pci: ', 'no network']),
    'USB device': (['-device', 'usb-tablet'], ['usb-tablet: ', 'no USB']),
    'graphics device': (['-device', 'virtio-vga'], ['virtio-vga: ', 'no graphics card']),
    'sound device': (['-device', 'intel-hda'], ['intel-hda: ', 'no sound card']),
    'TPM': (['-device', 'tpm-tis,tpmdev=t'], ['tpm-tis: ', 'no TPM']),
    'IOMMU': (['-device', 'virtio-iommu-pci'], ['virtio-iommu-pci: ', 'no IOMMU']),
    'help for no network device': (['-device', 'e1000,help'], ['e1000: ', 'no network']),
    'network filter': (['-object', 'filter-dump,id=f'], ['filter-dump: ', 'no network']),
    'disk on the network': (['-drive', 'file=nbd://host'], ['nbd: ', 'no NBD']),
    'format of another emulator': (['-drive', 'file=x,format=qed'], ['qed: ', 'no such image format']),
    'node on the network': (['-blockdev', 'driver=ssh,node-name=n'], ['ssh: ', 'no SSH']),
    'sound of the host': (['-audiodev', 'pa,id=a'], ['pa: ', 'no sound through the host']),
    'console in a window': (['-serial', 'vc'], ['vc: ', 'no display']),
    'channel of a display': (['-chardev', 'spicevmc,id=c'], ['spicevmc: ', 'no display']),
    'window': (['-display', 'gtk'], ['gtk: ', 'no display']),
    'card': (['-vga', 'virtio'], ['virtio: ', 'no graphics card']),
    'CXL': (['-machine', 'q35,cxl=on'], ['cxl: ', 'no CXL']),
    'SD card': (['-sd', 'x'], ['-sd: ', 'no SD card']),
    'configuration to write': (['-writeconfig', 'x'], ['-writeconfig: ', 'no such option any more']),
    'help for no device': (['-device', 'isa-debugcn,help'], ['-device isa-debugcn,help: ', "'isa-debugcon'"]),
    'help for a family of devices': (['-device', 'pci-device,help'], ['pci-device', 'family']),
    'help for no object': (['-object', 'iothred,help'], ['-object iothred,help: ', "'iothread'"]),
    'help for no back end': (['-chardev', 'sockit,help'], ['-chardev sockit,help: ', "'socket'"]),
    'help for no driver': (['-blockdev', 'qcow3,help'], ['-blockdev qcow3,help: ', "'qcow2'"]),
    'help for no sound': (['-audiodev', 'wave,help'], ['-audiodev wave,help: ', 'wave']),
    'help for no accelerator': (['-accel', 'tgc,help'], ['-accel tgc,help: ', "'tcg'"]),
    'help for no machine': (['-machine', 'pcx,help'], ['-machine pcx,help: ', "'pc'"]),
    'driver of a block device': (['-blockdev', 'qcow3,node-name=n'], ["'qcow3'", 'vpc', "'qcow2'"]),
    'option': (['-memroy', '5'], ['-memroy']),
    'topology key': (['-machine', 'pc', '-smp', '2,foo=1'],
                     ['-smp 2,foo=1: ', 'foo', 'Accepted: ', 'threads']),
    'machine type': (['-M', 'pcx'], ['-M pcx: ', "'pc'"]),
    'device tree of no kernel': (['-machine', 'pc', '-dtb', 'x'], ['-dtb', '-kernel']),
    'option without its argument': (['-m'], ['-m']),
    'argument that is none': (['disk.img.not.there'], ['disk.img.not.there']),
    'option without its dash': (['machine', 'pc'], ["'machine'", '-machine']),
    'option for what there is not': (['-netdev', 'user,id=n'], ['-netdev', 'network']),
    'network card': (['-nic', 'user'], ['-nic user', 'network']),
    'USB by the old way': (['-usb'], ['-usb', 'USB']),
    'ROM of a device with a bus': (['-machine', 'pc', '-device', 'virtio-rng-pci,romfile=/nowhere'],
                                   ['virtio-rng-pci', "romfile '/nowhere' not found"]),
    'size of a ROM': (['-machine', 'pc', '-device', 'virtio-rng-pci,romsize=3'], ['romsize=3', 'power of two']),
    'terminal in the background': (['-daemonize', '-serial', 'stdio'], ['-serial stdio', '-daemonize']),
    'two accelerators': (['-machine', 'pc,accel=kvm'], ['-accel', '-machine accel=kvm']),
    'interrupt controllers': (['-machine', 'pc,kernel-irqchip=banana'], ['kernel-irqchip=banana', 'split']),
    'id of a device': (['-device', 'isa-debugcon,id=a/b'], ['id=a/b', 'letter']),
    'empty id': (['-device', 'isa-debugcon,id='], ["'id'", "got ''", 'letter']),
    'log that cannot be written': (['-D', '/nowhere/log'], ['-D /nowhere/log: ', 'No such file']),
    'kernel for no machine': (['-machine', 'none', '-kernel', '/etc/passwd'], ['-kernel /etc/passwd', 'none']),
    'firmware for no machine': (['-machine', 'none', '-bios', 'x'], ['-bios x', 'none']),
    'two gdb servers': (['-s', '-gdb', 'tcp::1'], ['-s ', '-gdb']),
    'reconnecting twice': (['-chardev', 'socket,id=a,path=x,reconnect=1,reconnect-ms=5'],
                           ['reconnect', 'reconnect-ms']),
    'day that is none': (['-rtc', 'base=2020-02-30'], ['base=2020-02-30', 'date']),
    'device': (['-device', 'isa-debugcn'], ['isa-debugcn', 'isa-debugcon']),
    'device property': (['-device', 'isa-debugcon,iobse=1'], ['iobse', 'iobase']),
    'device property value': (['-device', 'isa-debug-exit,iobase=many'], ['iobase', 'many']),
    'device bus': (['-device', 'isa-debug-exit,bus=nowhere'], ['nowhere']),
    'device id twice': (['-device', 'isa-debug-exit,id=a', '-device',
                         'isa-debug-exit,id=a,iobase=0x600'], ['a']),
    'machine': (['-machine', 'pcc'], ['pcc', 'pc']),
    'machine property': (['-machine', 'pc,smmm=off'], ['smmm']),
    'machine property like no other': (['-machine', 'pc,foo=bar'], ["foo' not found", '"-machine pc-i440fx-', ',help"']),
    'device property like no other': (['-machine', 'pc', '-device', 'virtio-rng-pci,foo=bar'],
                                      ['"-device virtio-rng-pci,help" lists']),
    'option of the past': (['-machine', 'pc', '-no-hpet'], ['-no-hpet: ', 'use -machine hpet=off']),
    'machine property value': (['-machine', 'pc,hpet=maybe'], ['hpet', 'maybe']),
    'CPU': (['-machine', 'pc', '-cpu', 'Nehalm'], ['Nehalm', 'Nehalem']),
    'CPU feature': (['-machine', 'pc', '-cpu', 'qemu64,+avxx'], ['avxx']),
    'CPU property value': (['-machine', 'pc', '-cpu', 'qemu64,level=high'], ['level', 'high']),
    'CPU property of Xen': (['-machine', 'pc', '-cpu', 'qemu64,xen-vapic=on'], ['xen-vapic=on', 'Xen']),
    'object': (['-object', 'memory-backend-rom,id=a'], ['memory-backend-rom']),
    'object property': (['-object', 'memory-backend-ram,id=a,size=1M,sise=2'], ['sise']),
    'memory size': (['-machine', 'pc', '-m', 'lots'], ['-m lots: ', '64K']),
    'memory size beyond 64 bits': (['-machine', 'pc', '-m', '16777216T'], ['-m 16777216T: ', 'below 16E']),
    'too many memory slots': (['-machine', 'pc', '-m', '64,slots=257,maxmem=1G'],
                              ['slots=257', '256']),
    'too much memory': (['-machine', 'pc', '-m', '64,slots=1,maxmem=4P'],
                        ['maxmem=', '2 PiB']),
    'memory slots': (['-machine', 'pc', '-m', '64,slots=x,maxmem=1G'],
                     ['-m 64,slots=x,maxmem=1G: ', "'x'", 'integer']),
    'memory key': (['-machine', 'pc', '-m', '64,maxmen=1G'], ['-m 64,maxmen=1G: ', 'maxmen']),
    'memory at most': (['-machine', 'pc', '-m', '64,maxmem=32M'],
                       ['-m 64,maxmem=32M: ', '0x2000000']),
    'memory beyond the host': (['-machine', 'pc', '-m', '64T'], ['pc.ram', '64 TiB', '-m ']),
    'CPUs beyond the machine': (['-machine', 'pc', '-smp', '100000'], ['100000']),
    'no CPUs': (['-machine', 'pc', '-smp', '0'], ['cpus=0']),
    'CPU topology': (['-machine', 'pc', '-smp', '4,sockets=3,cores=3,threads=1'], ['sockets']),
    'heterogeneous memory without it':
        (['-machine', 'pc',
          '-numa', 'node',
          '-numa', 'hmat-lb,initiator=0,target=0,hierarchy=memory,'
                   'data-type=access-latency,latency=5'],
         ['hmat-lb', 'hmat=on']),
    'latency that is a bandwidth':
        (['-machine', 'pc,hmat=on',
          '-numa', 'node',
          '-numa', 'hmat-lb,initiator=0,target=0,hierarchy=memory,'
                   'data-type=access-latency,bandwidth=1G'],
         ['access-latency', 'latency=']),
    'bandwidth that is odd':
        (['-machine', 'pc,hmat=on',
          '-numa', 'node',
          '-numa', 'hmat-lb,initiator=0,target=0,hierarchy=memory,'
                   'data-type=read-bandwidth,bandwidth=1000'],
         ['bandwidth=1000', '1 MiB']),
    'memory of no node':
        (['-machine', 'pc,hmat=on',
          '-numa', 'node',
          '-numa', 'hmat-lb,initiator=0,target=7,hierarchy=memory,'
                   'data-type=access-latency,latency=5'],
         ['target=7', 'nodeid=7']),
    'cache of an odd level':
        (['-machine', 'pc,hmat=on',
          '-numa', 'node',
          '-numa', 'hmat-cache,node-id=0,size=1K,level=4,associativity=none,'
                   'policy=none,line=8'],
         ['level=4', '1 to 3']),
    'cache without one before it':
        (['-machine', 'pc,hmat=on', '-object', 'memory-backend-ram,id=m,size=128M',
          '-numa', 'node,memdev=m',
          '-numa', 'hmat-cache,node-id=0,size=1K,level=2,associativity=none,'
                   'policy=none,line=8'],
         ['level 2', 'level 1']),
    'SATA where there is none': (['-machine', 'pc,sata=on'], ['sata=on', 'q35']),
    'random numbers of a daemon': (['-object', 'rng-egd,id=a'], ['rng-egd', 'chardev']),
    'way to a daemon': (['-object', 'rng-egd,id=a,chardev=b'], ['rng-egd', "'b'"]),
    'chardev': (['-chardev', 'stdioo,id=a'], ['stdioo', "'stdio'"]),
    'chardev id': (['-chardev', 'null,id=1a'], ['id=1a', 'letter']),
    'chardev port': (['-chardev', 'socket,id=a,host=127.0.0.1,port=99999'], ['99999', '65535']),
    'chardev option': (['-chardev', 'null,id=a,colour=red'], ['colour', 'Accepted: logfile']),
    'drive file': (['-drive', 'file=/nowhere/disk,format=raw'], ['/nowhere/disk', 'No such file']),
    'drive interface': (['-drive', 'file=null-co://,if=virtoi'], ['virtoi', 'virtio']),
    'drive key': (['-drive', 'file=null-co://,format=raw,if=none,colour=red'], ['colour']),
    'drive cache': (['-drive', 'file=null-co://,cache=often'], ['often', 'writeback']),
    'drive key without a name': (['-drive', 'file=null-co://,=x'], ["Invalid parameter ''"]),
    'drive driver and format': (['-drive', 'file=null-co://,driver=raw,format=raw'], ["'driver' and 'format'"]),
    'drive limit twice': (['-drive', 'file=null-co://,format=raw,iops=5,throttling.iops-total=9'],
                          ["'throttling.iops-total' and its alias 'iops'"]),
    'drive readonly twice': (['-drive', 'file=null-co://,format=raw,readonly=on,read-only=on'],
                             ["'read-only' and its alias 'readonly'"]),
    'drive copy-on-read of nothing': (['-drive', 'if=none,copy-on-read=on'], ['copy-on-read=on']),
    'drive media': (['-drive', 'file=null-co://,media=tape'], ['tape', 'cdrom']),
    'drive place': (['-drive', 'file=null-co://,format=raw,if=ide,bus=3'], ['if=ide,bus=3']),
    'disk without drive': (['-device', 'ide-hd'], ['drive', '-blockdev']),
    'disk unknown drive': (['-device', 'virtio-blk-pci,drive=m'], ["'m'"]),
    'disk place': ([*NULL_NODE, '-device', 'ide-hd,drive=n,unit=5'], ['unit=5', '0 and 1']),
    'disk sector size': (
        [*NULL_NODE, '-device', 'ide-hd,drive=n,logical_block_size=4096'], ['logical_block_size=4096', '512']),
    'disk serial': ([*NULL_NODE, '-device', 'ide-hd,drive=n,serial=' + 'x' * 21], ['serial', '20']),
    'disk queue size': (
        [*NULL_NODE, '-device', 'virtio-blk-pci,drive=n,queue-size=3'], ['queue-size=3', 'power of two']),
    'disk queues': ([*NULL_NODE, '-device', 'virtio-blk-pci,drive=n,num-queues=0'], ['num-queues=0', '1024']),
    'disk of two devices': (
        [*NULL_NODE, '-device', 'ide-hd,drive=n', '-device', 'virtio-blk-pci,drive=n'], ["node 'n'", 'write']),
    'blockdev driver': (['-blockdev', 'driver=rww,node-name=a'], ['rww']),
    'blockdev name': (['-blockdev', 'driver=null-co'], ['node-name']),
    'blockdev option': (['-blockdev', 'driver=null-co,node-name=a,siez=1M'], ['siez']),
    'blockdev value': (['-blockdev', 'driver=null-co,node-name=a,size=big'], ['size', 'big']),
    'chardev missing': (['-device', 'isa-debugcon,chardev=none'], ['none']),
    'serial': (['-machine', 'pc', '-serial', 'stdioo'], ['-serial', 'stdioo', 'file:PATH']),
    'kernel': (['-machine', 'pc', '-kernel', '/no/such/kernel'], ['/no/such/kernel']),
    'command line of no kernel': (['-machine', 'pc', '-append', 'quiet'], ['-append', '-kernel']),
    'initrd of no kernel': (['-machine', 'pc', '-initrd', 'x'], ['-initrd', '-kernel']),
    'firmware': (['-machine', 'pc', '-bios', 'no-such-bios.bin'], ['no-such-bios.bin']),
    'log item': (['-d', 'int,exex'], ['-d int,exex: ', "'exex'", "'exec'"]),
    'no log item': (['-d', ''], ['-d : ', 'Accepted: ', 'in_asm']),
    'log filter': (['-dfilter', '1+2,x..y'], ['-dfilter 1+2,x..y: ', "'x..y'", 'START+LENGTH']),
    'log filter backwards': (['-dfilter', '0x10..1'], ['-dfilter 0x10..1: ', 'START..END']),
    'log file': (['-d', 'int', '-D', '/no/such/folder/log'],
                 ['-D /no/such/folder/log: ', 'No such file']),
    'log file pattern': (['-d', 'int', '-D', 'log-%s'], ['-D log-%s: ', '%d']),
    'log file for each thread': (['-d', 'tid,int'], ['-d tid,int: ', '%d', '-D']),
    'qtest': (['-qtest', 'foo'], ['-qtest foo: ', 'unix:PATH']),
    'qtest socket': (['-qtest', 'unix:/no/such/socket'],
                     ['-qtest unix:/no/such/socket: ', 'No such file']),
    'qtest log': (['-qtest', 'null', '-qtest-log', '/no/such/folder/log'],
                  ['-qtest-log', '/no/such/folder/log']),
    'rtc': (['-rtc', 'base=yesterday'], ['yesterday']),
    'rtc option': (['-rtc', 'tick=1'], ['tick']),
    'uuid': (['-uuid', '12'], ['-uuid', '12']),
    'boot': (['-machine', 'pc', '-boot', 'order=zz'], ["'z'"]),
    'loadvm': (['-loadvm', 'x', '-S'], ['-loadvm x', 'No block device']),
    'loadvm-incoming': (['-loadvm', 'x', '-incoming', 'defer'], ['-loadvm x', '-incoming']),
    'incoming': (['-machine', 'pc', '-incoming', 'pigeon:1'], ['-incoming', 'pigeon:1', 'file:']),
    'incoming socket without a name': (['-machine', 'pc', '-incoming', 'unix:'],
                                       ['unix:', 'empty']),
    'chardev path': (['-chardev', 'socket,id=a,path=,server=on,wait=off'], ['path', 'empty']),
    'incoming file': (['-machine', 'pc', '-incoming', 'file:/no/such/state'],
                      ['/no/such/state']),
    'run with': (['-run-with', 'chroot=/no/such/folder'], ['/no/such/folder']),
    'run with parent in the background': (['-machine', 'pc', '-daemonize', '-run-with',
                                           'exit-with-parent=on'],
                                          ['exit-with-parent', '-daemonize']),
    'preconfig-incoming': (['-preconfig', '-incoming', 'defer'], ['-preconfig', '-incoming']),
    'compat-key': (['-compat', 'deprecated-inptu=accept'], ['deprecated-inptu', 'deprecated-input']),
    'compat-value': (['-compat', 'deprecated-input=hide'],
                     ['deprecated-input', 'hide', 'accept, reject, crash']),
    'add-fd-number': (['-add-fd', 'fd=x,set=1'], ['fd', 'x']),
    'add-fd-closed': (['-add-fd', 'fd=77,set=1'], ['fd=77']),
    'add-fd-set': (['-add-fd', 'fd=3'], ['set']),
    'readconfig-missing': (['-readconfig', '/nonexistent/file'], ['-readconfig', '/nonexistent/file']),
    'memory lock': (['-overcommit', 'mem-lock=maybe'], ['mem-lock', 'maybe', 'on-fault']),
    'icount shift': (['-icount', 'shift=11'], ['-icount shift=11: ', 'Invalid shift value', '10']),
    'icount shift text': (['-icount', '3x'], ['-icount 3x: ', 'Invalid shift value', 'auto']),
    'icount option': (['-icount', 'shift=3,slep=off'], ['slep', 'sleep']),
    'icount without shift': (['-icount', 'align=on'], ['-icount align=on: ', 'shift']),
    'icount contradiction': (['-icount', 'shift=3,align=on,sleep=off'],
                             ['align=on and sleep=off are incompatible']),
    'icount of itself and in step': (['-icount', 'shift=auto,align=on'],
                                     ['shift=auto and align=on are incompatible']),
    'icount of itself and jumping': (['-icount', 'shift=auto,sleep=off'],
                                     ['shift=auto and sleep=off are incompatible']),
    'recording': (['-icount', 'shift=3,rr=record,rrfile=/tmp/x'], ['rr=record', 'no recording']),
    'sandbox': (['-sandbox', 'on,spawn=no'], ['spawn', 'no', 'deny']),
    'sandbox privileges': (['-sandbox', 'on,elevateprivileges=on'],
                           ['elevateprivileges', 'children']),
    'sandbox option': (['-sandbox', 'on,spwan=deny'], ['spwan', 'spawn']),
    'preallocation of what is not reserved': (
        ['-mem-prealloc', '-object', 'memory-backend-ram,id=a,size=1M,reserve=off'],
        ['prealloc', 'reserve']),
    'USB of a machine': (['-machine', 'pc,usb=on'], ['usb=on', 'no USB']),
    'device tree of a machine without': (['-machine', 'pc,dumpdtb=/tmp/x'], ['dumpdtb', 'tree']),
    'endless kernel': (['-machine', 'pc', '-m', '64', '-kernel', '/dev/zero'],
                       ['kernel', '/dev/zero', '64 MiB']),
    'kernel that is a folder': (['-machine', 'pc', '-kernel', '/usr'], ['kernel', '/usr']),
    'endless firmware': (['-machine', 'pc', '-bios', '/dev/zero'], ['/dev/zero', '16 MiB']),
    'endless option ROM': (['-machine', 'pc', '-device', 'pci-serial,romfile=/dev/zero'],
                           ['romfile', '/dev/zero']),
    'endless SMBIOS table': (['-machine', 'pc', '-smbios', 'file=/dev/zero'],
                             ['-smbios', '/dev/zero']),
    'endless SMBIOS string': (['-machine', 'pc', '-smbios', 'type=11,path=/dev/zero'],
                              ['SMBIOS type 11', '/dev/zero']),
    'endless ACPI table': (['-machine', 'pc', '-acpitable', 'file=/dev/zero'],
                           ['-acpitable', '/dev/zero', '64 KiB']),
    'cipher suites without a priority': (
        ['-machine', 'pc', '-object', 'tls-cipher-suites,id=a', '-fw_cfg', 'name=etc/x,gen_id=a'],
        ['-fw_cfg name=etc/x,gen_id=a: ', "'priority'"]),
    'cipher suites as credentials': (
        ['-object', 'tls-cipher-suites,id=a,endpoint=server,priority=NORMAL', '-chardev',
         'socket,id=c,port=0,server=on,wait=off,tls-creds=a,host=127.0.0.1'],
        ["'a'", 'no session can use']),
    'blob of an object that has none': (
        ['-machine', 'pc', '-object', 'secret,id=a,data=x', '-fw_cfg', 'name=etc/x,gen_id=a'],
        ["'a'", 'does not generate fw_cfg data']),
    'ACPI table without a file': (['-machine', 'pc', '-acpitable', 'data='], ['at least one file']),
    'ACPI table that is missing': (['-machine', 'pc', '-acpitable', 'file=nope'],
                                   ['-acpitable file=nope: ', "'nope'", 'No such file']),
    'ACPI table that is empty': (['-machine', 'pc', '-acpitable', 'file=/dev/null'],
                                 ['-acpitable', '/dev/null', '0 of 36 bytes']),
    'ACPI table twice': (['-machine', 'pc', '-acpitable', 'file=a,data=b'],
                         ["either 'file' or 'data'"]),
    'signature of an ACPI table': (['-machine', 'pc', '-acpitable', 'sig=TOOLONG,data=/dev/null'],
                                   ["sig='TOOLONG'", '4 characters']),
    'endless configuration': (['-readconfig', '/dev/zero'], ['/dev/zero', '1 MiB']),
    'endless list of trace events': (['-trace', 'events=/dev/zero'], ['-trace', '/dev/zero']),
    'mux before nothing': (['-chardev', 'mux,id=a,chardev=b'], ['mux', "'b'"]),
    'hub of nothing': (['-chardev', 'hub,id=a,chardevs.0=b'], ['hub', "'b'"]),
    'hub with a gap': (['-chardev', 'hub,id=a,chardevs.0=b,chardevs.2=c'], ['chardevs.1']),
    'NUMA CPUs': (['-machine', 'pc', '-numa', 'node,cpus=0,cpus=99999999999'],
                  ['-numa node,cpus=0,cpus=99999999999: ', "'cpus'", '65535']),
    'flash node': (['-machine', 'pc,pflash0=nope'],
                   ['-machine pc,pflash0=nope: ', "'drive'", "'nope'", '-drive', 'node-name']),
    'drives that are taken': (
        ['-machine', 'pc', '-drive', 'file=null-co://,format=raw,if=none,id=free', '-drive',
         'file=null-co://,format=raw', '-device', 'virtio-blk-pci,drive=fre'],
        ["can't find value 'fre'", "did you mean 'free'"]),
    'firmware without a name': (['-machine', 'pc', '-bios', ''], ["firmware '' not found"]),
    'CPU property value names its option': (['-machine', 'pc', '-cpu', 'qemu64,level=high'],
                                            ['-cpu qemu64,level=high: ', 'integer', "'high'"]),
    'CPU address width': (['-machine', 'pc', '-cpu', 'qemu64,phys-bits=99'],
                          ['-cpu qemu64,phys-bits=99: ', '52']),
    'kernel names its option': (['-machine', 'pc', '-kernel', 'nope'], ['-kernel nope: ']),
    'firmware names its option': (['-machine', 'pc', '-bios', 'nope'], ['-bios nope: ']),
    'global': (['-machine', 'pc', '-global', 'isa-debug-exit.iobase=x', '-device',
                'isa-debug-exit'], ['-global isa-debug-exit.iobase=x: ']),
    'drive without a file': (['-machine', 'pc', '-drive', 'format=raw'],
                             ['-drive format=raw: ', 'file=']),
    'disk without a file': (['-machine', 'pc', '-hda', ''], ['-hda : ', 'file=']),
    'SMBIOS string file': (['-machine', 'pc', '-smbios', 'type=11,path=nope'],
                           ['-smbios type=11,path=nope: ', "'nope'"]),
    'memory encryption': (['-machine', 'pc,memory-encryption=x'],
                          ['-machine pc,memory-encryption=x: ', "'x'"]),
    'drive of a machine without': (
        ['-machine', 'microvm', '-cdrom', 'null-co://'],
        ['-cdrom null-co://: ', 'if=ide', '-drive if=none']),
    'memory of another size': (
        ['-machine', 'pc,memory-backend=a', '-m', '64', '-object',
         'memory-backend-ram,id=a,size=32M'], ['-machine pc,memory-backend=a: ', '33554432']),
    'drive format': (['-drive', 'format=qcow3,file=null-co://'], ["'qcow3'", "'qcow2'"]),
    'drive key that is near': (['-drive', 'file=null-co://,format=raw,snapshoot=on'],
                               ["'snapshoot'", "'snapshot'"]),
    'drive file, misspelt': (['-drive', 'fil=null-co://'], ['either driver or file', "'fil'", "did you mean 'file'"]),
    'drive file of a format, misspelt': (['-drive', 'format=raw,fil=null-co://'], ['"file"', "did you mean 'file'"]),
    'drive error policy': (['-drive', 'file=null-co://,werror=x'],
                           ['werror=x', "'x' invalid write error action", 'Accepted: ', 'enospc']),
    'drive error policy of reads': (['-drive', 'file=null-co://,rerror=enospc'],
                                    ["'enospc' invalid read error action", 'Accepted: report, ignore, stop, auto']),
    'PCI address': (['-machine', 'pc', '-device', 'virtio-rng-pci,addr=99'],
                    ["'99'", '00 to 1f']),
    'object type': (['-object', 'foo,id=a'], ['foo', '-object help']),
    'chardev of a device': (
        ['-machine', 'pc', '-chardev', 'null,id=here', '-device', 'isa-serial,chardev=hree'],
        ["'chardev'", "'hree'", "did you mean 'here'"]),
    'GUID': (['-machine', 'pc', '-device', 'vmgenid,guid=banana'],
             ['guid', 'banana', 'Accepted: ', 'auto']),
    'value of a list that is short': (
        ['-machine', 'pc', '-device', 'virtio-rng-pci,disable-legacy=banana'],
        ['disable-legacy', 'expected one of: auto, on, off']),
    'bus': (['-machine', 'none', '-device', 'ide-hd'], ['bus of type IDE', 'has none']),
    'enforced features': (['-machine', 'pc', '-cpu', 'EPYC-Genoa,enforce'],
                          ['-cpu EPYC-Genoa,enforce: ', 'osvw', 'ibrs']),
    'pid file': (['-pidfile', '/no/such/folder/pid'],
                 ['-pidfile /no/such/folder/pid: ', 'No such file']),
}

# What older programs write, and is not the name of a property today.
SPELLINGS = [['-machine', 'pc,accel=tcg', '-no-fd-bootchk'],
             ['-machine', 'pc,accel=tcg', '-m', '64,slots=2,maxmem=128M'],
             ['-machine', 'pc,accel=tcg,kernel_irqchip=on'],
             ['-machine', 'pc,kernel-irqchip=split', '-accel', 'tcg']]
HELP = [['-help'], ['-version'], ['-machine', 'help'], ['-cpu', 'help'], ['-accel', 'help'],
        ['-device', 'help'], ['-device', 'isa-debugcon,help'], ['-object', 'help'],
        ['-object', 'memory-backend-ram,help'], ['-chardev', 'help'], ['-d', 'help'],
        ['-drive', 'help'], ['-boot', 'help'], ['-display', 'help'], ['-vga', 'help'],
        ['-chardev', 'help,id=c'], ['-chardev', 'socket,help'], ['-object', 'help,id=x']]

# Lines that lists must have, in the layout that scripts know.
HELP_LINES = {
    ('-smp', 'help'): ['smp-opts options:', '  maxcpus=<num>'],
    ('-m', 'help'): ['memory options:', '  size=<size>'],
    ('-machine', 'none,help'): ['none-machine options:'],
    ('-device', 'isa-serial,help'): [
        'isa-serial options:', '  baudbase=<uint32>      -  (default: 115200)',
        '  chardev=<str>          - ID of a chardev to use as a backend'],
    ('-device', 'help'): ['name "virtio-blk-pci", bus PCI, alias "virtio-blk"'],
    ('-device', 'driver=help'): ['name "virtio-blk-pci", bus PCI, alias "virtio-blk"'],
    ('-object', 'qom-type=help'): ['  iothread'],
    ('-chardev', 'backend=help'): ['  socket'],
    ('-blockdev', 'help'): ['Supported block drivers:', 'qcow2', 'vpc'],
    ('-blockdev', 'driver=help'): ['vpc'],
    ('-blockdev', 'raw,help'): ['raw options:', '  cache.direct=<bool>', '  offset=<int>', '  file=<name or object>'],
    ('-blockdev', 'driver=throttle,help'): ['  throttle-group=<str>'],
    ('-audiodev', 'wav,help'): ['wav options:', '  path=<str>', '  out.frequency=<int>'],
    ('-drive', 'format=help'): ['Supported formats: ', 'Supported formats (read-only): '],
}


def kvm_works():
    try:
        os.close(os.open('/dev/kvm', os.O_RDWR))
    except OSError:
        return False
    return True


class Options(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='rhea-')
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def refused(self, options, expected, base=BASE):
        done = rhea.run(*base, *options, cwd=self.folder)
        self.assertEqual(done.returncode, 1, done.stderr)
        lines = done.stderr.splitlines()
        self.assertTrue(1 <= len(lines) <= 3, done.stderr)
        self.assertEqual(len(re.findall(r'^qemu-system-x86_64: ', done.stderr, re.MULTILINE)), 1,
                         done.stderr)
        for word in expected:
            self.assertIn(word, done.stderr)
        self.assertEqual(done.stdout, '')
        return done.stderr

    def test_mistakes(self):
        for name, (options, expected) in MISTAKES.items():
            with self.subTest(name):
                self.refused(options, expected)
                self.assertEqual(os.listdir(self.folder), [])

    def test_bare_image(self):
        """A word by itself is the first disk."""
        with tempfile.NamedTemporaryFile(prefix='rhea-') as image:
            image.truncate(1 << 20)
            with rhea.Machine('-S', '-snapshot', image.name, serial=False, qmp=True) as vm:
                disk, = (b for b in vm.qmp('query-block') if b['device'] == 'ide0-hd0')
                self.assertEqual(disk['inserted']['image']['backing-image']['filename'], image.name)

    def test_nothing_left(self):
        """What was refused has made no files."""
        for options in (['-chardev', 'file,id=a,path=one', '-chardev', 'file,id=a,path=two'],
                        ['-serial', 'file:one', '-drive', 'file=nope,if=none'],
                        ['-chardev', 'file,id=a,path=one', '-cpu', 'nope'],
                        ['-pidfile', 'one', '-device', 'nope'],
                        ['-D', 'one', '-m', '1x'], ['-D', 'one', '-device', 'nope']):
            with self.subTest(options):
                self.refused(['-machine', 'pc', *options], [])
                self.assertEqual(list(self.folder.iterdir()), [])

    def test_log_by_a_link(self):
        """A link to a log that is not there yet stays one."""
        link = self.folder / 'link'
        link.symlink_to('log')
        self.refused(['-machine', 'pc', '-D', 'link', '-m', '1x'], ['1x'])
        self.assertEqual((list(self.folder.iterdir()), link.is_symlink()), ([link], True))

    def test_doubtful_acpi_tables(self):
        header = struct.pack('<4sIBB6s8sI4sI', b'TEST', 100, 1, 0, b'OEM', b'TABLE', 1, b'X', 1)
        (self.folder / 'table').write_bytes(header + b'abcd')
        for option, words in (('file=table', 'header says 100, actual size 40'),
                              ('data=table', 'without sig=')):
            with rhea.Machine('-machine', 'pc', '-S', '-acpitable',
                              option.replace('table', str(self.folder / 'table')), serial=False,
                              accel=None) as vm:
                vm.wait_complaint(words)

    def test_accelerator(self):
        self.refused(['-accel', 'warp', '-machine', 'pc'], ['warp', 'tcg'], base=BASE[:3])
        self.refused(['-accel', 'tcg,tb-size=-1'], ['tb-size=-1', 'got -1\n'], base=BASE[:3])
        self.refused(['-machine', 'pc,accel='], ['-machine accel=', '-accel help'], base=BASE[:3])
        self.refused(['-accel', 'kvm,foo=1', '-accel', 'tcg'], ['-accel kvm,foo=1: ', 'foo'],
                     base=BASE[:3])
        self.refused(['-machine', 'none,accel=kvm', '-icount', '3'],
                     ['-icount is not allowed with hardware virtualization', 'tcg'], base=BASE[:3])
        self.refused(['-icount', '3', '-accel', 'tcg,thread=multi'],
                     ['-accel tcg,thread=multi: ', 'No MTTCG when icount is enabled'],
                     base=BASE[:3])
        self.refused(['-accel', 'tcg,thread=foo'],
                     ["Invalid 'thread' setting foo", 'multi', 'single'], base=BASE[:3])

    def test_a_machine_without_processors_has_nothing_to_say_of_them(self):
        out = subprocess.run([rhea.EMULATOR, '-display', 'none', '-machine', 'none', '-monitor', 'stdio'],
                             input='quit\n', capture_output=True, text=True, timeout=60 * rhea.SCALE)
        self.assertEqual((out.returncode, out.stderr), (0, ''))

    def test_accelerators(self):
        for options in (['-accel', 'xen', '-accel', 'whpx', '-accel', 'hvf'],
                        ['-machine', 'pc,accel=xen:whpx']):
            with self.subTest(' '.join(options)):
                self.refused(options, ['-accel' if len(options) > 2 else options[1], "'xen'",
                                       "'whpx'"], base=BASE[:3])
        self.refused(['-machine', 'pc,accel=kwm'], ['-machine pc,accel=kwm: ', "'kvm'"],
                     base=BASE[:3])

    def test_enable_kvm(self):
        """It is -machine accel=kvm: the last of these counts, and -accel goes with neither."""
        self.refused(['-enable-kvm', '-machine', 'pc,accel=kwm'], ['-machine pc,accel=kwm: '],
                     base=BASE[:3])
        self.refused(['-enable-kvm', '-accel', 'tcg'], ['-accel cannot be used with -enable-kvm'],
                     base=BASE[:3])

    def test_far_names(self):
        """Nothing is suggested that has little in common with what was written."""
        for options in (['-nic', 'user'], ['-usb'], ['-net', 'user'], ['-foo'],
                        ['-machine', 'pc', '-cpu', 'max,foo=on'],
                        ['-machine', 'pc', '-cpu', 'banana'],
                        ['-machine', 'pc', '-action', 'foo=bar']):
            with self.subTest(' '.join(options)):
                self.assertNotIn('id you mean', self.refused(options, []))

    def test_said_once(self):
        for options, word in ((['-device', 'virtio-rng-pci,disable-legacy=x'], 'auto, on, off'),
                              (['-action', 'foo=bar'], 'reboot, shutdown'),
                              (['-device', 'virtio-rng-pci,max-bytez=1'], 'virtio-rng-pci: ')):
            with self.subTest(' '.join(options)):
                message = self.refused(['-machine', 'pc', *options], [])
                self.assertLessEqual(message.count(word), 1)

    def test_property_list(self):
        """What cannot be set is not offered."""
        message = self.refused(['-machine', 'pc', '-device', 'isa-debug-exit,zzzzzz=1'],
                               ['Accepted: ', 'iobase'])
        for name in ('type', 'realized', 'parent_bus', 'hotplugged'):
            self.assertNotRegex(message, rf'[ ,]{name}[,.]')

    def test_probed_raw(self):
        """The warning about a guessed format leaves room for the error after it."""
        (self.folder / 'image').write_bytes(b'x' * 4096)
        for options in (['-drive', 'file=image,if=none', '-hda', 'nope'], ['-fda', 'image',
                        '-hda', 'nope'], ['-drive', 'file=image,colour=red']):
            with self.subTest(' '.join(options)):
                done = rhea.run(*BASE, '-machine', 'pc', *options, cwd=self.folder)
                self.assertEqual(done.returncode, 1)
                self.assertLessEqual(len(done.stderr.splitlines()), 3, done.stderr)

    def test_truncated_state(self):
        (self.folder / 'state').write_bytes(b'')
        self.refused(['-machine', 'pc', '-incoming', 'file:state'], ['file:state', 'truncated'])

    def test_config_lines(self):
        """The line of the mistake, not that of its section."""
        for text, expected in (
                ('[device "a"]\n  driver = "isa-debugcon"\n\n  iobse = "1"\n',
                 ['config:4: ', 'iobse', 'iobase']),
                ('# no option\n[devcie "a"]\n  driver = "isa-debugcon"\n',
                 ['config:2: ', 'devcie', "'device'"]),
                ('[machine]\n  type = "pc"\n  smmm = "off"\n', ['config:3: ', 'smmm']),
                ('[memory]\n  slots = "2"\n  size = "lots"\n', ['config:3: ', 'lots']),
                ('[chardev "c"]\n  backend = "null"\n\n  colour = "red"\n',
                 ['config:4: ', 'colour']),
                ('[object "o"]\n  qom-type = "memory-backend-ram"\n  size = "x"\n',
                 ['config:3: ', 'size']),
                ('[sandbox]\n  enable = "on"\n  spwan = "deny"\n', ['config:3: ', 'spwan'])):
            with self.subTest(text):
                (self.folder / 'config').write_text(text)
                machine = [] if '[machine]' in text else ['-machine', 'pc']
                self.refused([*machine, '-readconfig', 'config'], expected)

    def test_accelerator_property(self):
        self.refused(['-accel', 'tcg,colour=red', '-machine', 'pc'],
                     ['-accel tcg,colour=red: ', 'colour', 'Accepted: ', 'tb-size'], base=BASE[:3])

    def test_help(self):
        for options in HELP:
            with self.subTest(' '.join(options)):
                done = rhea.run(*options)
                self.assertEqual((done.returncode, done.stderr), (0, ''))
                self.assertGreater(len(done.stdout.splitlines()), 0)
        for options, expected in HELP_LINES.items():
            with self.subTest(' '.join(options)):
                done = rhea.run(*options)
                self.assertEqual((done.returncode, done.stderr), (0, ''))
                for start in expected:
                    self.assertIn('\n' + start, '\n' + done.stdout)

    def test_what_asks_for_nothing(self):
        """Command lines that people have ask for no network, and for ports beyond the machine's own."""
        with rhea.Machine('-machine', 'pc', '-S', '-net', 'none', '-nic', 'none', '-vga', 'none',
                          *['-serial', 'null'] * 5, '-device', 'pci-serial,chardev=serial4',
                          serial=False, qmp=True) as vm:
            labels = [c['label'] for c in vm.qmp('query-chardev')]
            self.assertLessEqual({'serial0', 'serial4'}, set(labels))

    def test_of_no_use(self):
        """What makes no difference to a machine is taken, and said to be ignored."""
        for options, word in ((['-machine', 'microvm', '-boot', 'd'], "boot order 'd'"),
                              (['-machine', 'none', '-boot', 'd'], "boot order 'd'"),
                              (['-machine', 'microvm', '-smbios', 'type=1,serial=x'], 'SMBIOS'),
                              (['-machine', 'none', '-smbios', 'type=1,serial=x'], 'SMBIOS'),
                              (['-machine', 'microvm', '-acpitable', 'sig=TEST,data=/etc/passwd'], 'ACPI'),
                              (['-machine', 'pc,acpi=off', '-acpitable', 'sig=TEST,data=/etc/passwd'], 'ACPI'),
                              (['-machine', 'pc', '-global', 'virtio-net-pci.mq=on'], 'no network'),
                              (['-machine', 'pc,bus-lock-ratelimit=5'], 'bus-lock-ratelimit=5'),
                              (['-machine', 'pc,spcr=on'], 'spcr=on')):
            with self.subTest(' '.join(options)):
                done = rhea.run(*BASE, *options, '-S', '-monitor', 'stdio', input='quit\n')
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stderr, rf'^qemu-system-x86_64: .*warning: .*{word}')

    def test_too_much(self):
        """More than there can be of what a guest does not see: the most there is, and a word about it."""
        for options, word in ((['-accel', 'tcg,tb-size=99999999'], 'gets 2047 MiB'),
                              (['-accel', 'tcg', '-smp', '2', '-cpu', 'qemu64,avx10-version=1'], "avx10-version=1 .*'avx10'")):
            with self.subTest(options):
                done = rhea.run(*BASE[:3], '-machine', 'pc', *options, '-S', '-monitor', 'stdio', input='quit\n')
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(len(re.findall(rf'^qemu-system-x86_64: .*warning: .*{word}', done.stderr, re.M)), 1,
                                 done.stderr)

    def test_no_console_table(self):
        """What a client reads it may write."""
        with rhea.Machine('-machine', 'pc', '-S', serial=False, qmp=True) as vm:
            self.assertFalse(vm.qmp('qom-get', path='/machine', property='spcr'))

    def test_spellings(self):
        for options in SPELLINGS:
            with self.subTest(' '.join(options)):
                done = rhea.run(*BASE[:3], *options, '-S', '-monitor', 'stdio', input='quit\n')
                self.assertEqual((done.returncode, done.stderr), (0, ''))

    def test_start_fails_late(self):
        for options in ([], ['-daemonize']):
            with self.subTest(' '.join(options)):
                self.refused(['-machine', 'pc', '-pidfile', 'pid', '-chardev',
                              'socket,id=c,path=socket,server=on,wait=off', '-chardev',
                              'pty,id=p,path=tty', '-device', 'isa-debugcn',
                              *options],
                             ['isa-debugcn'])
                self.assertEqual(os.listdir(self.folder), [])

    def test_truncated_kernel(self):
        kernel = self.folder / 'kernel'
        for size in (0, 100, 600, 5000):
            with self.subTest(size):
                kernel.write_bytes((rhea.guest_folder('amd64') / 'vmlinuz').read_bytes()[:size])
                self.refused(['-machine', 'pc', '-kernel', str(kernel)], [str(kernel)])

    def test_missing_initrd(self):
        kernel = str(rhea.guest_folder('amd64') / 'vmlinuz')
        self.refused(['-machine', 'pc', '-kernel', kernel, '-initrd', '/no/such/initrd'],
                     ['-initrd /no/such/initrd: '])
        self.refused(['-machine', 'pc', '-kernel', kernel, '-dtb', '/no/such/tree'],
                     ['-dtb /no/such/tree: '])

    def bzimage(self, pref_mib, init_mib):
        """A kernel of a few bytes that says where it will be when it is unpacked."""
        image = bytearray(0x1000)
        image[0x1f1] = 4  # sectors of setup code
        struct.pack_into('<4sH', image, 0x202, b'HdrS', 0x20f)
        struct.pack_into('<IIB', image, 0x22c, 0x7fffffff, 0x200000, 1)
        struct.pack_into('<H', image, 0x236, 1)  # 64-bit entry
        struct.pack_into('<I', image, 0x238, 2047)
        struct.pack_into('<QI', image, 0x258, pref_mib << 20, init_mib << 20)
        path = self.folder / 'kernel'
        path.write_bytes(image)
        return str(path)

    def test_little_memory(self):
        """RAM for a kernel but not for what it becomes, or not for the initrd beside it."""
        initrd = self.folder / 'initrd'
        initrd.write_bytes(b'i' * 100000)
        for machine in ('pc', 'q35', 'microvm'):
            options = ['-machine', machine, '-kernel', self.bzimage(2, 4)]
            for memory in ('1', '4', '5', '6136k'):
                with self.subTest(machine, memory=memory):
                    self.refused([*options, '-m', memory], ['kernel', '6 MiB', '-m'])
            for memory in ('6', '6200k'):
                with self.subTest(machine, memory=memory):
                    self.refused([*options, '-m', memory, '-initrd', str(initrd)],
                                 ['initrd', '100000', '-m'])
            done = rhea.run(*BASE, *options, '-m', '7', '-initrd', str(initrd), '-S',
                            '-monitor', 'stdio', input='quit\n')
            self.assertEqual((done.returncode, done.stderr), (0, ''))
        # Without firmware's tables there is no memory at all below them.
        for memory in ('128k', '160k', '164k'):
            with self.subTest(memory=memory):
                self.refused(['-machine', 'pc', '-m', memory, '-kernel', self.bzimage(0, 0),
                              '-initrd', str(initrd)], ['-m'])

    def test_truncated_firmware(self):
        for size in (0, 100, 70000):
            with self.subTest(size):
                bios = self.folder / 'bios'
                bios.write_bytes(b'\xf4' * size)
                self.refused(['-machine', 'pc', '-bios', str(bios)], [str(bios)])

    def test_port_in_use(self):
        with socket.create_server(('127.0.0.1', 0)) as taken:
            port = taken.getsockname()[1]
            self.refused(['-machine', 'pc', '-chardev',
                          f'socket,id=c,host=127.0.0.1,port={port},server=on,wait=off'],
                         [str(port), 'in use'])

    def test_unix_socket_in_use(self):
        """A server keeps its path while it lives, and does not notice who wants it."""
        wanted = ['-machine', 'pc', '-qmp', 'unix:socket,server=on,wait=off']
        path = self.folder / 'socket'
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
            server.listen()
            server.setblocking(False)
            self.refused(wanted, ['-qmp unix:socket', "'socket'", 'in use'])
            with self.assertRaises(BlockingIOError):
                server.accept()
            self.assertTrue(path.is_socket())
        # Nobody has it any more.
        self.assertTrue(path.is_socket())
        done = rhea.run(*BASE, *wanted, '-monitor', 'stdio', '-S', cwd=self.folder, input='quit\n')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertFalse(path.exists())

    def test_incoming_socket_in_use(self):
        """Nor does one that waits for a state become a client of whoever has the path."""
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(self.folder / 'socket'))
            server.listen()
            server.setblocking(False)
            self.refused(['-machine', 'pc', '-incoming', 'unix:socket'], ["'socket'", 'in use'])
            with self.assertRaises(BlockingIOError):
                server.accept()

    def test_socket_over_a_file(self):
        wanted = ['-machine', 'pc', '-qmp', 'unix:file,server=on,wait=off']
        path = self.folder / 'file'
        path.write_text('precious')
        self.refused(wanted, ["'file'", 'not a socket'])
        self.assertEqual(path.read_text(), 'precious')
        path.write_text('')  # as mktemp leaves it
        done = rhea.run(*BASE, *wanted, '-monitor', 'stdio', '-S', cwd=self.folder, input='quit\n')
        self.assertEqual((done.returncode, done.stderr), (0, ''))

    def test_file_of_another_server(self):
        """Whoever took the path over meanwhile keeps it when we end."""
        path = self.folder / 'socket'
        with rhea.Machine('-machine', 'pc', '-S', '-chardev',
                          f'socket,id=c,path={path},server=on,wait=off', qmp=True) as vm:
            path.unlink()
            path.write_text('')
            vm.qmp('quit')
            self.assertEqual(vm.wait_exit(), 0)
        self.assertTrue(path.exists())

    def test_short_booleans(self):
        """NAME and noNAME of options that are older than key=value: taken, and what to write said."""
        (self.folder / 'disk').write_bytes(bytes(4096))
        disk = ['-drive', 'file=disk,format=raw,if=none']
        taken = {
            'drive': (disk[:1] + [disk[1] + ',readonly,nosnapshot'], ['readonly=on', 'snapshot=off']),
            'chardev': (['-chardev', 'socket,id=c,path=s,server,nowait'], ['server=on', 'wait=off']),
            'device': (['-device', 'virtio-rng-pci,disable-modern,noevent_idx'],
                       ['disable-modern=on', 'event_idx=off']),
            'object': (['-object', 'memory-backend-ram,id=m,size=1M,prealloc'], ['prealloc=on']),
            'name': (['-name', 'guest,debug-threads'], ['debug-threads=on']),
            'messages': (['-msg', 'noguest-name'], ['guest-name=off']),
            'without a word': (['-serial', 'unix:s,server,nowait'], []),
        }
        for name, (options, wanted) in taken.items():
            with self.subTest(name):
                done = rhea.run(*BASE, '-machine', 'q35', *options, '-S', '-monitor', 'stdio',
                                cwd=self.folder, input='quit\n')
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(re.findall('Please use (.*) instead', done.stderr), wanted)
                self.assertEqual(done.stderr.count('warning: short-form boolean option'), len(wanted))
        for name, options in {
                'blockdev': ['-blockdev', 'null-co,node-name=n,read-only'],
                'machine': ['-machine', 'pc,hpet'],
                'smp': ['-machine', 'pc', '-smp', '2,cores'],
                'path': ['-drive', '/dev/null']}.items():
            with self.subTest(name):
                self.refused(options, [f"Expected '=' after parameter '{re.split('[ ,]', options[-1])[-1]}'"])

    @unittest.skipUnless(kvm_works(), 'this host has no KVM')
    def test_bus_locks(self):
        if 'bus_lock_detect' in Path('/proc/cpuinfo').read_text():
            self.skipTest('this processor tells of bus locks')
        self.refused(['-accel', 'kvm', '-machine', 'q35,bus-lock-ratelimit=5'],
                     ['bus-lock-ratelimit=5', 'KVM_CAP_X86_BUS_LOCK_EXIT'], base=BASE[:3])

    @unittest.skipIf(kvm_works(), 'this host has KVM')
    def test_kvm_missing(self):
        self.refused(['-accel', 'kvm', '-machine', 'pc'], ['kvm'],
                     base=BASE[:3])


if __name__ == '__main__':
    rhea.main()
