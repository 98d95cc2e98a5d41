using Mmm.Shared.Decisions;
using Mmm.Shared.Messages;

namespace Mmm.Actors.Agents;

/// <summary>An order in one line of log.</summary>
internal static class OrderText
{
    public static string Of(AgentProtocol.HostOrder order)
    {
        string roles = order.Roles.IsEmpty ? "no roles" : string.Join(", ", order.Roles);
        string replication = order.Replication.Action switch
        {
            AgentProtocol.ReplicationAction.Stop => ", replication stopped",
            AgentProtocol.ReplicationAction.Follow => $", replicating from {order.Replication.Source?.Host}",
            AgentProtocol.ReplicationAction.Drop => ", replicating from nobody",
            _ => "",
        };
        string catchUp = order.CatchUp is null ? "" : $", catching up with {order.CatchUp.From}";
        return $"{StateNames.NameOf(order.State)}, {roles}, {(order.Writable ? "writable" : "read-only")}{catchUp}{replication}";
    }
}
