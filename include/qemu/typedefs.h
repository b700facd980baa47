/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Forward declarations of the types that many headers only point at, so that
 * those headers need not include each other.
 */
#ifndef QEMU_TYPEDEFS_H
#define QEMU_TYPEDEFS_H

/* util */
typedef struct AioContext AioContext;
typedef struct Buffer Buffer;
typedef struct CoMutex CoMutex;
typedef struct CoQueue CoQueue;
typedef struct CoRwlock CoRwlock;
typedef struct Coroutine Coroutine;
typedef struct Error Error;
typedef struct EventNotifier EventNotifier;
typedef struct HBitmap HBitmap;
typedef struct HBitmapIter HBitmapIter;
typedef struct IOThread IOThread;
typedef struct MemReentrancyGuard MemReentrancyGuard;
typedef struct Notifier Notifier;
typedef struct NotifierList NotifierList;
typedef struct QEMUBH QEMUBH;
typedef struct QEMUIOVector QEMUIOVector;
typedef struct QEMUTimer QEMUTimer;
typedef struct QEMUTimerList QEMUTimerList;
typedef struct QEMUTimerListGroup QEMUTimerListGroup;
typedef struct QemuCond QemuCond;
typedef struct QemuEvent QemuEvent;
typedef struct QemuLockable QemuLockable;
typedef struct QemuMutex QemuMutex;
typedef struct QemuRecMutex QemuRecMutex;
typedef struct QemuSemaphore QemuSemaphore;
typedef struct QemuSpin QemuSpin;
typedef struct QemuThread QemuThread;
typedef struct Range Range;
typedef struct ThreadPool ThreadPool;
typedef struct TraceEvent TraceEvent;

/* qobject, qapi, qom */
typedef struct JSONMessageParser JSONMessageParser;
typedef struct JSONWriter JSONWriter;
typedef struct InterfaceClass InterfaceClass;
typedef struct Object Object;
typedef struct ObjectClass ObjectClass;
typedef struct ObjectProperty ObjectProperty;
typedef struct QBool QBool;
typedef struct QDict QDict;
typedef struct QList QList;
typedef struct QNull QNull;
typedef struct QNum QNum;
typedef struct QObject QObject;
typedef struct QString QString;
typedef struct TypeImpl *Type;
typedef struct TypeInfo TypeInfo;
typedef struct Visitor Visitor;

/* crypto, io, back ends */
typedef struct AudioBackend AudioBackend;
typedef struct AudioState AudioState;
typedef struct BdrvChild BdrvChild;
typedef struct BlockBackend BlockBackend;
typedef struct BlockDriver BlockDriver;
typedef struct BlockDriverState BlockDriverState;
typedef struct BdrvDirtyBitmap BdrvDirtyBitmap;
typedef struct CharBackend CharBackend;
typedef struct CharBackend CharFrontend;
typedef struct Chardev Chardev;
typedef struct ChardevClass ChardevClass;
typedef struct CompatProperty CompatProperty;
typedef struct DisplaySurface DisplaySurface;
typedef struct HostMemoryBackend HostMemoryBackend;
typedef struct NetClientState NetClientState;
typedef struct NetFilterState NetFilterState;
typedef struct NICInfo NICInfo;
typedef struct NICState NICState;
typedef struct QCryptoTLSCreds QCryptoTLSCreds;
typedef struct QCryptoTLSSession QCryptoTLSSession;
typedef struct QEMUCursor QEMUCursor;
typedef struct QIOChannel QIOChannel;
typedef struct QIOChannelSocket QIOChannelSocket;
typedef struct QemuConsole QemuConsole;
typedef struct QemuInputHandlerState QemuInputHandlerState;
typedef struct QEMUSGList QEMUSGList;

/* memory */
typedef struct AddressSpace AddressSpace;
typedef struct FlatView FlatView;
typedef struct IOMMUMemoryRegion IOMMUMemoryRegion;
typedef struct IOMMUTLBEntry IOMMUTLBEntry;
typedef struct MemoryListener MemoryListener;
typedef struct MemoryMappingList MemoryMappingList;
typedef struct MemoryRegion MemoryRegion;
typedef struct MemoryRegionCache MemoryRegionCache;
typedef struct MemoryRegionOps MemoryRegionOps;
typedef struct MemoryRegionSection MemoryRegionSection;
typedef struct RamDiscardManager RamDiscardManager;
typedef struct RAMBlock RAMBlock;

/* devices */
typedef struct BusClass BusClass;
typedef struct BusState BusState;
typedef struct DeviceClass DeviceClass;
typedef struct DeviceListener DeviceListener;
typedef struct DeviceState DeviceState;
typedef struct FWCfgState FWCfgState;
typedef struct HotplugHandler HotplugHandler;
typedef struct I2CBus I2CBus;
typedef struct IRQState *qemu_irq;
typedef struct ISABus ISABus;
typedef struct ISADevice ISADevice;
typedef struct IsaDma IsaDma;
typedef struct MachineClass MachineClass;
typedef struct MachineState MachineState;
typedef struct NamedGPIOList NamedGPIOList;
typedef struct PCIBridge PCIBridge;
typedef struct PCIBus PCIBus;
typedef struct PCIDevice PCIDevice;
typedef struct PCIHostDeviceAddress PCIHostDeviceAddress;
typedef struct PCIHostState PCIHostState;
typedef struct PCIEAERErr PCIEAERErr;
typedef struct PCIEAERLog PCIEAERLog;
typedef struct PCIEAERMsg PCIEAERMsg;
typedef struct PCIEPort PCIEPort;
typedef struct PCIESlot PCIESlot;
typedef struct PCIExpressDevice PCIExpressDevice;
typedef struct PCIExpressHost PCIExpressHost;
typedef struct PCMachineClass PCMachineClass;
typedef struct PCMachineState PCMachineState;
typedef struct X86MachineClass X86MachineClass;
typedef struct X86MachineState X86MachineState;
typedef struct Property Property;
typedef struct PropertyInfo PropertyInfo;
typedef struct SCSIBus SCSIBus;
typedef struct SCSIDevice SCSIDevice;
typedef struct SCSIRequest SCSIRequest;
typedef struct SysBusDevice SysBusDevice;
typedef struct USBBus USBBus;
typedef struct USBDevice USBDevice;
typedef struct USBPacket USBPacket;
typedef struct USBPort USBPort;
typedef struct VirtIODevice VirtIODevice;
typedef struct VirtQueue VirtQueue;
typedef struct VirtQueueElement VirtQueueElement;
typedef struct MSIMessage MSIMessage;
typedef struct VMStateDescription VMStateDescription;
typedef struct VMStateField VMStateField;
typedef struct VMStateInfo VMStateInfo;

/* processors, accelerators, the rest of the system */
typedef struct AccelClass AccelClass;
typedef struct AccelOpsClass AccelOpsClass;
typedef struct AccelState AccelState;
typedef struct ArchCPU ArchCPU;
typedef struct CPUArchState CPUArchState;
typedef struct CPUClass CPUClass;
typedef struct CPUState CPUState;
typedef struct CPUTLBEntry CPUTLBEntry;
typedef struct CPUTLBEntryFull CPUTLBEntryFull;
typedef struct CpuTopology CpuTopology;
typedef struct TranslationBlock TranslationBlock;
typedef struct TCGContext TCGContext;
typedef struct KVMState KVMState;
typedef struct DisasContextBase DisasContextBase;
typedef struct MigrationIncomingState MigrationIncomingState;
typedef struct MigrationState MigrationState;
typedef struct Monitor Monitor;
typedef struct QEMUFile QEMUFile;
typedef struct SHPCDevice SHPCDevice;
typedef struct SSIBus SSIBus;

typedef void SaveStateHandler(QEMUFile *f, void *opaque);
typedef int LoadStateHandler(QEMUFile *f, void *opaque, int version_id);
typedef void (*qemu_irq_handler)(void *opaque, int n, int level);

#endif
