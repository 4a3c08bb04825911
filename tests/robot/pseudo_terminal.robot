# SPDX-License-Identifier: Apache-2.0

*** Settings ***
Documentation    A board behind a pseudo terminal serves the tool: starts, stays silent, infers, refuses what is bad, goes on.
Resource         ${DEVICES}
Suite Setup      Open Runner
Suite Teardown   Close Runner
Test Setup       Start
Test Teardown    Clean Up

*** Variables ***
${DEVICES}    ${CURDIR}/springbok_sim.resource
# Requests and answers of the legacy wire: u32 size, u16 type, payload.
${PROCESS}    02 00 00 00 04 00
${STATS}      02 00 00 00 06 00
${UNKNOWN}    02 00 00 00 63 00
${ERROR}      02 00 00 00 01 00

*** Test Cases ***
Runtime Starts
    Wait For Log Line    Runtime started
    Uart Should Be Idle For    0.5
    Stop Board

Inference With A Platform
    Infer    platform

Inference With The Older Grammar
    Infer    legacy

Two Runs On One Board
    [Documentation]    The second client finds the board as the first one left it.
    Wait For Log Line    Runtime started
    Start Inference    platform
    Client Should End With    0
    Start Inference    legacy
    Client Should End With    0
    Log Should Not Contain    ERROR
    Uart Should Be Idle For    0.5

A Client That Is Killed Leaves A Board For The Next
    Wait For Log Line    Runtime started
    Start Inference    platform
    Kill Client That Says    Uploading the model
    Start Inference    platform
    Client Should End With    0
    Report Should Be Complete

Bad Models Are Refused And The Board Goes On
    Wait For Log Line    Runtime started
    ${good} =    Corpus File    3.13.0/add_f32.vmfb
    @{call} =    Call Of Add
    ${sum} =    Corpus File    models/add_f32.0.out0.npy
    Start Run    ${good}    @{call}    --expected-output    ${sum}
    Client Should End With    0
    FOR    ${kind}    IN    truncated    flipped
        ${bad} =    Damaged Copy    ${good}    ${kind}
        Start Run    ${bad}    @{call}
        Client Should End With    1
        Client Should Say    MODEL
        Start Run    ${good}    @{call}    --expected-output    ${sum}
        Client Should End With    0
    END
    Log Should Contain    ERROR

Bad Messages Are Answered And The Board Goes On
    Wait For Log Line    Runtime started
    Request Should Be Answered    ${PROCESS}    ${ERROR}
    Request Should Be Answered    ${UNKNOWN}    ${ERROR}
    # A message cut in the middle: after a pause the device gives up waiting for the rest and says so.
    Request Should Be Answered    a2 00 00 00 07 00 01 00    ${ERROR}
    Uart Should Be Idle For    0.5
    Request Should Be Answered    ${STATS}    ${ERROR}
    Start Inference    platform
    Client Should End With    0

*** Keywords ***
Start
    Prepare
    Start Board

Infer
    [Arguments]    ${grammar}
    Wait For Log Line    Runtime started
    Uart Should Be Idle For    0.5
    Start Inference    ${grammar}
    Client Should End With    0
    Report Should Be Complete
    Log Should Not Contain    ERROR
    Uart Should Be Idle For    0.5
    Stop Board
    Counters Should Be Saved

Call Of Add
    ${a} =    Corpus File    models/add_f32.0.in0.npy
    ${b} =    Corpus File    models/add_f32.0.in1.npy
    RETURN    --function    main    --input    ${a}    --input    ${b}
