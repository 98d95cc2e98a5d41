namespace Mmm.Simulation.Faults;

/// <summary>
/// Rules of the protocol that a run can do without, to show that the simulator would notice. None of them is a switch in the product: each changes
/// what goes into or comes out of a machine, or the shell around it.
/// </summary>
internal enum Mutation
{
    None,

    /// <summary>A lease runs from when its grant was received, not from when it was asked for.</summary>
    ReceiveTime,

    /// <summary>A quorum of the monitors that answered lately, not of the configured ones.</summary>
    LiveQuorum,

    /// <summary>A restarted granter grants at once, without reading the decisions, and says that it granted nothing for long.</summary>
    NoQuietGranter,

    /// <summary>Orders leave before a quorum has stored their decision.</summary>
    EffectsBeforeStore,

    /// <summary>An agent obeys an older order than it has seen.</summary>
    OlderEpochAccepted,

    /// <summary>Failsafe: one of the other hosts is enough, not all of them.</summary>
    MajorityOfPeers,

    /// <summary>Failsafe: a promise is given and forgotten.</summary>
    PromiseNotHonoured,

    /// <summary>Failsafe: a restarted agent takes over at once, whatever it may have promised before.</summary>
    NoQuietAgent,

    /// <summary>A silent host's roles are given on as soon as a quorum of granters has withdrawn them, without waiting for its lease.</summary>
    NoWaitForLease,

    /// <summary>That wait ends with the lease: no margin for clocks and the kernel's lateness.</summary>
    NoMargin,

    /// <summary>The kernel's lifetime is the lease rounded up.</summary>
    LifetimeRoundedUp,

    /// <summary>An agent that was paused goes on with what its leases covered before.</summary>
    OldLeaseAfterPause,

    /// <summary>A restarted keeper has forgotten what it promised.</summary>
    KeeperForgets,

    /// <summary>A granter confirms a withdrawal and goes on granting.</summary>
    WithdrawForgotten,

    /// <summary>A lease that was once granted is counted for every later request: grants are not counted per request.</summary>
    GrantsAddUp,

    /// <summary>An agent says that it has let go when it has only been told to.</summary>
    LetGoTooEarly,

    /// <summary>A coordinator takes one granter's confirmation for a quorum's.</summary>
    OneGranterWithdraws,

    /// <summary>A restarted granter believes the first keeper it can read.</summary>
    OneKeeperIsRead,

    /// <summary>Failsafe: a restarted agent takes for its own what its stored order says, not what is on its host.</summary>
    StoredOrderIsBelieved,

    /// <summary>A new active master does not wait until it has applied what there is.</summary>
    NoCatchUp,

    /// <summary>A coordinator counts by the list of voters that it is configured with.</summary>
    VotersOfTheFile,

    /// <summary>What one monitor sees is held true.</summary>
    OneMonitorSees,
}
