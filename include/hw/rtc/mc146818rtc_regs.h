/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers of the MC146818, and where PCs keep the century. */
#ifndef HW_MC146818RTC_REGS_H
#define HW_MC146818RTC_REGS_H

#define RTC_ISA_IRQ         8

#define RTC_SECONDS         0x00
#define RTC_SECONDS_ALARM   0x01
#define RTC_MINUTES         0x02
#define RTC_MINUTES_ALARM   0x03
#define RTC_HOURS           0x04
#define RTC_HOURS_ALARM     0x05
#define RTC_ALARM_DONT_CARE 0xc0
#define RTC_DAY_OF_WEEK     0x06 /* 1 is Sunday */
#define RTC_DAY_OF_MONTH    0x07
#define RTC_MONTH           0x08
#define RTC_YEAR            0x09
#define RTC_REG_A           0x0a
#define RTC_REG_B           0x0b
#define RTC_REG_C           0x0c
#define RTC_REG_D           0x0d
/* In RAM, by convention: the hundreds of the year. The second is another name of the first. */
#define RTC_CENTURY              0x32
#define RTC_IBM_PS2_CENTURY_BYTE 0x37

#define REG_A_UIP                0x80
#define REG_A_DV                 0x70 /* 0x20: 32768 Hz; 0x60, 0x70: divider held in reset */
#define REG_A_RS                 0x0f

#define REG_B_SET                0x80
#define REG_B_PIE                0x40
#define REG_B_AIE                0x20
#define REG_B_UIE                0x10
#define REG_B_SQWE               0x08
#define REG_B_DM                 0x04 /* binary, not BCD */
#define REG_B_24H                0x02

#define REG_C_IRQF               0x80
#define REG_C_PF                 0x40
#define REG_C_AF                 0x20
#define REG_C_UF                 0x10
#define REG_C_MASK               0x70

#define REG_D_VRT                0x80

#endif
