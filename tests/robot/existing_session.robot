# SPDX-License-Identifier: Apache-2.0

*** Settings ***
Documentation    platforms/run-simulation.sh in one terminal, the tool in another: the "existing session".
Resource         ${DEVICES}
Suite Setup      Open Runner
Suite Teardown   Close Runner
Test Setup       Prepare
Test Teardown    Clean Up

*** Variables ***
${DEVICES}    ${CURDIR}/springbok_sim.resource

*** Test Cases ***
A Second Terminal Uses A Simulation That Runs
    Start Standing Simulation
    Wait For Log Line    Runtime started
    Start Inference    platform
    Client Should End With    0
    # The tool has only the line: it says what is therefore missing.
    Client Should Say    keeps its counters to itself
    Results Should Lack    opcode_counters    executed_instructions    peripheral_accesses
    Log Should Not Contain    ERROR
    Uart Should Be Idle For    0.5
    Stop Board

An Accelerometer Is Read By A Simulation That Runs
    Start Standing Simulation With Accelerometer    ${CURDIR}/../../scenarios/data/magic-wand-sensor.data
    Wait For Log Line    Runtime started
    Start Inference    sensor
    Client Should End With    0
    Client Should Say    reads its inputs from the adxl345
    Log Should Not Contain    ERROR
    Stop Board
