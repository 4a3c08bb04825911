# SPDX-License-Identifier: Apache-2.0

# The custom-3 instructions of the Springbok core for Renode's stock RISC-V core. Renode runs this file once
# for each such instruction, with `cpu`, `machine`, `state` and `instruction` defined.
# Source: shared spec platform.md, section 1.5.
MAX_TEXT = 255


def field(low, width):
    return (int(instruction) >> low) & ((1 << width) - 1)


def register(number):
    # Named GetRegister since 2024, GetRegisterUnsafe before.
    read = getattr(cpu, "GetRegister", None) or cpu.GetRegisterUnsafe
    return int(read(number).RawValue) & 0xFFFFFFFF


def text_at(address):
    characters = []
    while len(characters) < MAX_TEXT:
        byte = int(machine.SystemBus.ReadByte(address + len(characters))) & 0x7F
        if byte == 0:
            break
        characters.append(chr(byte))
    return "".join(characters)


rd, funct3, rs1, rs2 = field(7, 5), field(12, 3), field(15, 5), field(20, 5)
if funct3 == 0:  # simprint: all three registers are sources
    number = register(rs2)
    logs = [cpu.ErrorLog, cpu.WarningLog, cpu.InfoLog, cpu.DebugLog, cpu.NoisyLog]
    level = register(rd)
    if level < len(logs):
        logs[level]('simprint: "%s", %d (0x%X)' % (text_at(register(rs1)), number, number))
    else:
        cpu.ErrorLog("simprint with an unknown level %d" % level)
elif funct3 == 1:  # xcount
    if rs1 < 2:
        cpu.SetRegister(rd, int(cpu.ExecutedInstructions) & 0xFFFFFFFF)
    else:
        cpu.ErrorLog("xcount of an unknown counter %d" % rs1)
else:  # hostreq, finish
    cpu.IsHalted = True
