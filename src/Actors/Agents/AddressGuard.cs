using System.Collections.Immutable;
using Mmm.Shared.Messages;
using Mmm.Shared.Settings;
using Mmm.Shared.Topology;

namespace Mmm.Actors.Agents;

/// <summary>Lets an address be shown only when no other machine answers for it.</summary>
/// <param name="looker">Asks.</param>
/// <param name="settings">Whether and how long.</param>
/// <param name="host">This host.</param>
internal sealed class AddressGuard(AddressLooker looker, AddressSettings settings, Host host)
{
    /// <summary>Failed: it may not be shown. Done, perhaps with warnings: it may.</summary>
    /// <param name="address">Not on this host.</param>
    /// <param name="early">A look that began while the host was still taking over; null = none.</param>
    /// <param name="cancel">Ends it.</param>
    public async Task<StepOutcome> MayShowAsync(RoleAddress address, Task<AddressLooks>? early, CancellationToken cancel)
    {
        if (settings.Probe == TimeSpan.Zero)
            return StepOutcome.Done;
        try
        {
            AddressLooks? looks = early is null ? null : await early.WaitAsync(cancel);
            // Whoever answered then may have let go since: the host that had the address, for instance.
            if (looks is null || !looks.Answers[address].IsEmpty)
                looks = await looker.LookAsync([address], settings.Probe, first: true, cancel);
            ImmutableArray<AgentProtocol.Answerer> answers = looks.Answers[address];
            if (answers.IsEmpty)
                return StepOutcome.Done with { Looks = looks };
            string found = Found(address, answers[0]);
            StepOutcome outcome = settings.TakeAnyway
                ? StepOutcome.DoneBut($"{found}; it is shown here all the same (addresses.on_conflict = take)")
                : StepOutcome.Failed($"{found}; it is not shown here until that ends: {WhatToDo(answers[0])}");
            return outcome with { Looks = looks };
        }
        catch (AddressException e)
        {
            // What keeps it from asking may as well be its own: no reason to leave the role without an address.
            return StepOutcome.DoneBut($"nobody could be asked whether {address} is in use elsewhere: {e.Message}");
        }
    }

    private string Found(RoleAddress address, AgentProtocol.Answerer by) =>
        $"{(by.Host is null ? "another machine" : $"host {by.Host}")} answers for {address} on {host.ClusterInterface} (MAC {by.Mac}{(by.Host is null ? ", of no host of this cluster" : "")})";

    private static string WhatToDo(AgentProtocol.Answerer by) => by.Host is null
        ? "find that machine by its MAC and take the address off it; if it is a router that answers for every address (proxy ARP), set addresses.on_conflict = take"
        : $"the monitors have it released there, through another host's agent if need be; if it stays, take it off {by.Host} by hand";
}
