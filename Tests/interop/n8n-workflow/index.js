// As much of n8n-workflow as the package needs: its error types, as they show themselves to nodes.
'use strict';

class NodeApiError extends Error {
  constructor(node, response, { message, description, httpCode } = {}) {
    super(message ?? response.message);
    Object.assign(this, { name: 'NodeApiError', node, description, httpCode });
  }
}

class NodeOperationError extends Error {
  constructor(node, error, { itemIndex, description } = {}) {
    super(error instanceof Error ? error.message : error);
    Object.assign(this, { name: 'NodeOperationError', node, description, context: { itemIndex } });
  }
}

module.exports = { NodeApiError, NodeOperationError };
