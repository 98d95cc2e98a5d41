using System.Collections.Immutable;
using Mmm.Shared.Topology;
using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Hooks;

/// <summary>What an agent has seen of its host last; what it saw first is no change.</summary>
/// <param name="Addresses">Role addresses on the host; null = not read yet.</param>
/// <param name="Up">mysqld answers (true) or is gone (false); null = never known. One that does not answer is neither.</param>
/// <param name="Writable">mysqld takes writes; null = never known.</param>
public sealed record AgentHooks(ImmutableSortedSet<RoleAddress>? Addresses, bool? Up, bool? Writable)
{
    /// <summary>Every hook name of an agent.</summary>
    public static readonly ImmutableArray<string> Names = ["role_added", "role_removed", "writer_on", "writer_off", "mysqld_up", "mysqld_down"];

    public static readonly AgentHooks Nothing = new(null, null, null);

    /// <summary>The role addresses that are on the host now.</summary>
    public AgentHookStep See(ImmutableSortedSet<RoleAddress> addresses)
    {
        AgentHooks next = this with { Addresses = addresses };
        return Addresses is not { } before ? new AgentHookStep(next, []) : new AgentHookStep(next,
        [
            .. before.Except(addresses).Select(a => new AgentHook("role_removed", $"Role '{a}' has gone from this host", a)),
            .. addresses.Except(before).Select(a => new AgentHook("role_added", $"Role '{a}' has come to this host", a)),
        ]);
    }

    /// <summary>A look at mysqld. One that has ended takes no writes any more.</summary>
    /// <param name="state">Of the process.</param>
    /// <param name="readOnly">read_only; null = not known.</param>
    public AgentHookStep See(MysqldState state, bool? readOnly)
    {
        bool? up = state switch { MysqldState.Up => true, MysqldState.Down => false, _ => Up };
        bool? writable = state == MysqldState.Down ? false : state == MysqldState.Up && readOnly is { } r ? !r : Writable;
        var told = ImmutableArray.CreateBuilder<AgentHook>();
        if (Writable == true && writable == false)
            told.Add(new AgentHook("writer_off", up == false ? "mysqld takes no writes any more: it is down" : "mysqld takes no writes any more: read_only is on", null));
        if (Up is { } before && before != up)
            told.Add(up == true ? new AgentHook("mysqld_up", "mysqld is up", null) : new AgentHook("mysqld_down", "mysqld is down", null));
        if (Writable == false && writable == true)
            told.Add(new AgentHook("writer_on", "mysqld takes writes: read_only is off", null));
        return new AgentHookStep(this with { Up = up, Writable = writable }, told.ToImmutable());
    }
}

/// <param name="Next">What is known from now on.</param>
/// <param name="Told">What has changed, in the order in which it is told.</param>
public sealed record AgentHookStep(AgentHooks Next, ImmutableArray<AgentHook> Told);

/// <param name="Name">Hook name.</param>
/// <param name="Sentence">For people.</param>
/// <param name="Address">Role address it is about; null = none.</param>
public sealed record AgentHook(string Name, string Sentence, RoleAddress? Address)
{
    /// <summary>mysqld is about to take writes.</summary>
    public static readonly AgentHook Writable = new("writer_on", "mysqld is about to take writes", null);

    public HookKey Key => new(Name, Address);

    /// <summary>It tells of something that the host has no more.</summary>
    public bool IsGone => Name is "role_removed" or "writer_off";

    /// <summary>The address is about to be shown.</summary>
    public static AgentHook Coming(RoleAddress address) => new("role_added", $"Role '{address}' is about to come to this host", address);

    /// <summary>The end of what <paramref name="came"/> tells of; null = it has none.</summary>
    public static AgentHook? Gone(HookKey came) => came switch
    {
        { Name: "role_added", Address: { } address } => new AgentHook("role_removed", $"Role '{address}' has gone from this host", address),
        { Name: "writer_on" } => new AgentHook("writer_off", "mysqld takes no writes any more", null),
        _ => null,
    };
}

/// <summary>What a hook of an agent is about.</summary>
/// <param name="Name">Hook name.</param>
/// <param name="Address">Role address; null = none.</param>
public sealed record HookKey(string Name, RoleAddress? Address);
