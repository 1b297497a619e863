-- What was said about an endpoint's answers since a time, for its experiment.
create index feedback_endpoint on feedback (endpoint, predicted_at_ms);
