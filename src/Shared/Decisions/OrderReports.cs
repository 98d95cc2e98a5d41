using static Mmm.Shared.Messages.AgentProtocol;

namespace Mmm.Shared.Decisions;

/// <summary>Which of the agents' reports answer the question that is asked now.</summary>
internal static class OrderReports
{
    /// <summary>
    /// What the agent says of that which the document wants of it now; null while it has only spoken of something earlier. An agent is always
    /// done with its last order when a decision changes what is wanted: that "done" must not be taken for the new order's.
    /// </summary>
    public static Report? OfPresent(ClusterState state, string host) =>
        OfIssued(state, host) is { } report
        && state.Orders[host].Order.WantsTheSameAs(HostOrders.For(state.Topology, state.Settings, state.Document!, host, report.Progress.Id))
            ? report : null;

    /// <summary>What the agent says of the order this coordinator sent last; null while it has only spoken of an earlier one, or another coordinator's.</summary>
    public static Report? OfIssued(ClusterState state, string host) =>
        state.Orders.TryGetValue(host, out IssuedOrder? issued) && state.Sights[host].Agent is { } report && report.Progress.Id == issued.Order.Id ? report : null;
}
